//! What an administrator does: an account that is made, and one that is taken away.

use jiff::Timestamp;

use super::{Block, Parts, action, counted, when};
use crate::mail::{letter::Link, plain::Plain};

pub(super) fn invited<'a>(tenant: &Plain, link: &'a Link, days: u32) -> Parts<'a> {
    let days = counted(days, "un día", "días");
    (
        format!("Su invitación a {tenant}"),
        "Tiene una invitación",
        vec![
            Block::Paragraph(format!(
                "Un administrador de {tenant} ha creado una cuenta para usted con esta \
                     dirección de correo electrónico."
            )),
            Block::Paragraph(format!(
                "Para usarla, elija una contraseña en esta página. El enlace sirve una sola \
                     vez, durante {days}; una invitación más reciente lo sustituye."
            )),
            action("Elegir una contraseña", link),
            Block::Paragraph(
                "Si no quiere la cuenta, ignore este correo: sin contraseña nadie puede \
                     iniciar sesión en ella."
                    .to_owned(),
            ),
        ],
    )
}

pub(super) fn account_removed<'a>(tenant: &Plain, at: Timestamp) -> Parts<'a> {
    (
        format!("Su cuenta en {tenant} se ha eliminado"),
        "Su cuenta se ha eliminado",
        vec![
            Block::Paragraph(format!(
                "Un administrador de {tenant} ha eliminado la cuenta con esta dirección de \
                     correo electrónico. Ya no es posible iniciar sesión en ella."
            )),
            Block::Facts(vec![when(at)]),
            Block::Paragraph(format!("Si cree que se trata de un error, póngase en contacto con {tenant}.")),
        ],
    )
}
