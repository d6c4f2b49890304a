//! Second factors.

use jiff::Timestamp;

use super::{Block, NOTHING_TO_DO, Parts, counted, forgotten, network_of, when};
use crate::{
    domain::{errand::FactorChange, settings::Method},
    mail::{plain::Plain, words::FEW_BACKUP_CODES},
};

pub(super) fn factor_under_attack<'a>(tenant: &Plain, method: Method, failures: u32) -> Parts<'a> {
    let times = counted(failures, "una vez", "veces seguidas");
    let factor = match method {
        Method::Totp => "el código de su aplicación de autenticación",
        Method::Webauthn => "su llave de acceso o de seguridad",
        Method::Email => "el código que le enviamos por correo electrónico",
        Method::BackupCode => "un código de respaldo",
    };
    let forgotten = forgotten(tenant);
    (
        format!("Puede que alguien conozca su contraseña en {tenant}"),
        "Puede que alguien conozca su contraseña",
        vec![
            Block::Paragraph(format!(
                "El segundo paso del inicio de sesión en su cuenta en {tenant} ha fallado {times}. Se \
                 pedía {factor}. Solo se pide después de la contraseña correcta."
            )),
            Block::Paragraph("Ninguno de estos intentos ha dado acceso a su cuenta.".to_owned()),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si no ha sido usted, otra persona conoce su contraseña. {forgotten}, que no use en \
                 ningún otro sitio."
            )),
        ],
    )
}

pub(super) fn factor_changed<'a>(
    tenant: &Plain,
    method: Method,
    change: FactorChange,
    at: Timestamp,
    from: &str,
) -> Parts<'a> {
    let (event, effect) = event_and_effect(method, change);
    let forgotten = forgotten(tenant);
    let signed_out = match (method, change) {
        (Method::BackupCode, _) | (_, FactorChange::Added) => "",
        (_, FactorChange::Removed | FactorChange::Replaced) => {
            " Se ha cerrado la sesión en los demás dispositivos."
        }
    };
    let repair = match (method, change) {
        (Method::BackupCode, _) => " y cree códigos de respaldo nuevos",
        (_, FactorChange::Added) => " y quite lo que se ha añadido",
        (_, FactorChange::Removed) => " y vuelva a configurar lo que se ha quitado",
        (_, FactorChange::Replaced) => ", quite lo que no sea suyo y vuelva a configurar lo suyo",
    };
    (
        format!("{event} en {tenant}"),
        event,
        vec![
            Block::Paragraph(format!("{event} en {tenant}. {effect}{signed_out}")),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(NOTHING_TO_DO.to_owned()),
            Block::Paragraph(format!(
                "Si no ha sido usted, otra persona está usando su cuenta. {forgotten}. Eso también \
                 cierra la sesión en todos los dispositivos. Después inicie sesión{repair}. Si no \
                 consigue entrar, póngase en contacto con {tenant}."
            )),
        ],
    )
}

/// The event, to be followed by the tenant, and what it means for signing in.
fn event_and_effect(method: Method, change: FactorChange) -> (&'static str, &'static str) {
    const USABLE: &str = "Ya se puede usar para el segundo paso del inicio de sesión.";
    const UNUSABLE: &str = "Ya no sirve para iniciar sesión.";
    match (method, change) {
        (Method::Totp, FactorChange::Added) => {
            ("Se ha añadido una aplicación de autenticación a su cuenta", USABLE)
        }
        (Method::Totp, FactorChange::Removed) => {
            ("Se ha quitado una aplicación de autenticación de su cuenta", UNUSABLE)
        }
        (Method::Totp, FactorChange::Replaced) => (
            "Una aplicación de autenticación nueva ha sustituido a la anterior en su cuenta",
            "Los códigos de la anterior ya no sirven.",
        ),
        (Method::Webauthn, FactorChange::Added) => {
            ("Se ha añadido una llave de acceso o de seguridad a su cuenta", USABLE)
        }
        (Method::Webauthn, FactorChange::Removed) => {
            ("Se ha quitado una llave de acceso o de seguridad de su cuenta", UNUSABLE)
        }
        (Method::Webauthn, FactorChange::Replaced) => (
            "Una llave de acceso o de seguridad nueva ha sustituido a otra en su cuenta",
            "La anterior ya no sirve.",
        ),
        (Method::Email, FactorChange::Added) => (
            "Se han activado los códigos por correo electrónico para su cuenta",
            "Ya se pueden usar para el segundo paso del inicio de sesión.",
        ),
        (Method::Email, FactorChange::Removed) => (
            "Se han desactivado los códigos por correo electrónico para su cuenta",
            "Ya no sirven para iniciar sesión.",
        ),
        (Method::Email, FactorChange::Replaced) => (
            "Se han vuelto a configurar los códigos por correo electrónico para su cuenta",
            "La configuración anterior ya no se usa.",
        ),
        (Method::BackupCode, FactorChange::Added) => (
            "Se han creado códigos de respaldo para su cuenta",
            "Cada uno sirve una vez para el segundo paso del inicio de sesión.",
        ),
        (Method::BackupCode, FactorChange::Removed) => {
            ("Se han quitado los códigos de respaldo de su cuenta", "Ya no sirve ninguno de ellos.")
        }
        (Method::BackupCode, FactorChange::Replaced) => {
            ("Se han creado códigos de respaldo nuevos para su cuenta", "Los anteriores ya no sirven.")
        }
    }
}

pub(super) fn factors_reset<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Se han quitado los segundos factores de su cuenta en {tenant}"),
        "Se han quitado sus segundos factores",
        vec![
            Block::Paragraph(format!(
                "Un administrador de {tenant} ha quitado todos los segundos factores de su cuenta, \
                 incluidos los códigos de respaldo. Se ha cerrado la sesión en todos los dispositivos. \
                 Su contraseña no cambia."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(format!(
                "Si lo ha pedido usted, inicie sesión como de costumbre. Si {tenant} exige un segundo \
                 factor, configurará uno nuevo al hacerlo."
            )),
            Block::Paragraph(format!(
                "Si no lo ha pedido, póngase en contacto con {tenant} ahora mismo: hasta que vuelva a \
                 configurar un segundo factor, solo su contraseña protege su cuenta."
            )),
        ],
    )
}

pub(super) fn backup_code_used<'a>(tenant: &Plain, left: u32, at: Timestamp, from: &str) -> Parts<'a> {
    let rest = match left {
        0 => "Era el último.".to_owned(),
        1 => "Queda uno.".to_owned(),
        _ => format!("Quedan {left}."),
    };
    let if_you = if left > FEW_BACKUP_CODES {
        NOTHING_TO_DO
    } else {
        "Si ha sido usted, cree pronto códigos de respaldo nuevos en su cuenta. Sustituirán a los \
         anteriores."
    };
    let forgotten = forgotten(tenant);
    (
        format!("Inicio de sesión con un código de respaldo en su cuenta en {tenant}"),
        "Se ha usado un código de respaldo",
        vec![
            Block::Paragraph(format!(
                "Se ha iniciado sesión con uno de los códigos de respaldo de su cuenta en {tenant}. {rest}"
            )),
            Block::Facts(vec![when(at), network_of(from)]),
            Block::Paragraph(if_you.to_owned()),
            Block::Paragraph(format!(
                "Si no ha sido usted, otra persona conoce su contraseña y un código de respaldo. \
                 {forgotten}. Eso también cierra la sesión en todos los dispositivos. Después inicie \
                 sesión y cree códigos de respaldo nuevos, para que los anteriores dejen de servir."
            )),
        ],
    )
}
