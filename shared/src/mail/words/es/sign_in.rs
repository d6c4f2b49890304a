//! Passwords, codes and sign-ins.

use jiff::Timestamp;

use super::{Block, Fact, NOTHING_TO_DO, Parts, action, counted, forgotten, network_of, when};
use crate::mail::{
    letter::{Link, MailedCode},
    plain::Plain,
    words::device,
};

pub(super) fn reset_password<'a>(tenant: &Plain, link: &'a Link, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "un minuto", "minutos");
    (
        format!("Elija una contraseña nueva para {tenant}"),
        "Elija una contraseña nueva",
        vec![
            Block::Paragraph(format!(
                "Alguien, probablemente usted, ha pedido restablecer la contraseña de su cuenta en \
                 {tenant}."
            )),
            Block::Paragraph(format!(
                "Puede elegir una nueva en esta página. El enlace sirve una sola vez, durante {minutes}."
            )),
            action("Elegir una contraseña nueva", link),
            Block::Paragraph("Si no lo ha pedido, ignore este mensaje; su contraseña no cambia.".to_owned()),
        ],
    )
}

pub(super) fn mailed_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "un minuto", "minutos");
    (
        format!("Su código para iniciar sesión en {tenant}"),
        "Su código de inicio de sesión",
        vec![
            Block::Paragraph(format!(
                "Alguien, probablemente usted, está iniciando sesión en {tenant} con esta dirección de \
                 correo electrónico y la contraseña correcta. Para continuar, introduzca el código que \
                 figura abajo en la página que se lo pide. No se lo diga a nadie: nadie de {tenant} se \
                 lo pedirá nunca."
            )),
            Block::Code(code.as_str()),
            Block::Paragraph(format!(
                "El código sirve una sola vez, durante {minutes}. Un código más reciente lo sustituye."
            )),
            Block::Paragraph(
                "Si no está iniciando sesión, otra persona conoce su contraseña. No comparta el código y \
                 cambie su contraseña ahora."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn password_changed<'a>(tenant: &Plain, at: Timestamp, from: &str) -> Parts<'a> {
    let forgotten = forgotten(tenant);
    (
        format!("La contraseña de su cuenta en {tenant} ha cambiado"),
        "Su contraseña ha cambiado",
        vec![
            Block::Paragraph(format!(
                "La contraseña de su cuenta en {tenant} ha cambiado. Se ha cerrado la sesión en los \
                 demás dispositivos."
            )),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si no ha sido usted, otra persona está usando su cuenta. {forgotten}. Después cambie \
                 también la contraseña de su buzón de correo."
            )),
        ],
    )
}

pub(super) fn new_sign_in<'a>(tenant: &Plain, at: Timestamp, from: &str, agent: &str) -> Parts<'a> {
    let forgotten = forgotten(tenant);
    (
        format!("Nuevo inicio de sesión en su cuenta en {tenant}"),
        "Nuevo inicio de sesión en su cuenta",
        vec![
            Block::Paragraph(format!(
                "Alguien ha iniciado sesión en su cuenta en {tenant} desde un dispositivo que no \
                 conocíamos."
            )),
            Block::Facts(vec![
                when(at),
                network_of(from),
                Fact {
                    label: "Dispositivo, según se identifica", value: device(agent, "en", "desconocido")
                },
            ]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si no ha sido usted, otra persona conoce su contraseña. {forgotten}. Eso también cierra \
                 la sesión en todos los dispositivos."
            )),
        ],
    )
}
