//! The account and its address.

use jiff::Timestamp;

use super::{Block, Fact, NOTHING_TO_DO, Parts, action, counted, when};
use crate::mail::{
    letter::{Link, MailedCode},
    plain::Plain,
};

pub(super) fn verify_address<'a>(tenant: &Plain, link: &'a Link, hours: u32) -> Parts<'a> {
    let hours = counted(hours, "una hora", "horas");
    (
        format!("Confirme su dirección de correo electrónico para {tenant}"),
        "Confirme su dirección de correo electrónico",
        vec![
            Block::Paragraph(format!(
                "Alguien, probablemente usted, se ha registrado en {tenant} con esta dirección de correo \
                 electrónico."
            )),
            Block::Paragraph(format!(
                "Tiene {hours} para abrir esta página y completar el registro. La página le pedirá la \
                 contraseña que eligió al registrarse."
            )),
            action("Confirmar la dirección", link),
            Block::Paragraph("Si no se ha registrado, ignore este mensaje; no ocurrirá nada.".to_owned()),
        ],
    )
}

pub(super) fn account_exists<'a>(tenant: &Plain, link: &'a Link) -> Parts<'a> {
    (
        format!("Ya tiene una cuenta en {tenant}"),
        "Ya tiene una cuenta",
        vec![
            Block::Paragraph(format!(
                "Alguien, quizá usted, ha intentado registrarse en {tenant} con esta dirección de correo \
                 electrónico. Ya tiene una cuenta allí, así que no se ha cambiado nada."
            )),
            Block::Paragraph(
                "Si ha sido usted, inicie sesión como de costumbre. Si ya no recuerda su contraseña, \
                 puede elegir una nueva en esta página."
                    .to_owned(),
            ),
            action("Elegir una contraseña nueva", link),
            Block::Paragraph(
                "Si no ha sido usted, ignore este mensaje; no ocurrirá nada. Quien lo haya intentado no \
                 ha sabido que usted tiene una cuenta."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn address_code<'a>(tenant: &Plain, code: &'a MailedCode, minutes: u32) -> Parts<'a> {
    let minutes = counted(minutes, "un minuto", "minutos");
    (
        format!("Su código para confirmar esta dirección de correo electrónico en {tenant}"),
        "Confirme esta dirección de correo electrónico",
        vec![
            Block::Paragraph(format!(
                "Alguien, probablemente usted, quiere usar esta dirección de correo electrónico para una \
                 cuenta en {tenant}. Para confirmarla, introduzca el código que figura abajo en la \
                 página que se lo pide. No se lo diga a nadie: nadie de {tenant} se lo pedirá nunca."
            )),
            Block::Code(code.as_str()),
            Block::Paragraph(format!(
                "El código sirve una sola vez, durante {minutes}. Un código más reciente lo sustituye."
            )),
            Block::Paragraph(
                "Si no lo ha pedido, ignore este mensaje; sin el código no ocurrirá nada.".to_owned(),
            ),
        ],
    )
}

pub(super) fn email_changed<'a>(tenant: &Plain, facts: Vec<Fact>, undo: &'a Link, days: u32) -> Parts<'a> {
    let days = counted(days, "un día", "días");
    (
        format!("La dirección de correo electrónico de su cuenta en {tenant} ha cambiado"),
        "Su dirección de correo electrónico ha cambiado",
        vec![
            Block::Paragraph(format!(
                "Su cuenta en {tenant} tenía esta dirección de correo electrónico; ahora tiene otra. Se \
                 ha cerrado la sesión en los demás dispositivos."
            )),
            Block::Facts(facts),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si no ha sido usted, otra persona está usando su cuenta. Tiene {days} para deshacer el \
                 cambio en esta página: su cuenta recuperará esta dirección, se cerrará la sesión en \
                 todos los dispositivos y usted elegirá una contraseña nueva."
            )),
            action("Deshacer el cambio", undo),
        ],
    )
}

pub(super) fn email_restored<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Una cuenta en {tenant} vuelve a tener su dirección de correo anterior"),
        "Esta dirección ya no pertenece a una cuenta",
        vec![
            Block::Paragraph(format!(
                "Esta dirección de correo electrónico era la de una cuenta en {tenant}. El titular de la \
                 dirección anterior ha deshecho ese cambio, así que ya no lo es. Se ha cerrado la sesión \
                 en todos los dispositivos y hay que elegir una contraseña nueva."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si la cuenta es suya y no ha deshecho el cambio, otra persona puede leer su buzón \
                 anterior. Póngase en contacto con {tenant} ahora mismo."
            )),
        ],
    )
}

pub(super) fn account_deleted<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Su cuenta en {tenant} se ha eliminado"),
        "Su cuenta se ha eliminado",
        vec![
            Block::Paragraph(format!(
                "La cuenta en {tenant} con esta dirección de correo electrónico se ha eliminado a \
                 petición de su titular. Ya no es posible iniciar sesión en ella. La dirección vuelve a \
                 estar libre: se puede usar para una cuenta nueva."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si no ha sido usted, otra persona ha usado su cuenta. Póngase en contacto con {tenant} \
                 ahora mismo."
            )),
        ],
    )
}
