//! What the pages say, in each language. A text that is missing in one does not compile.

mod de;
mod en;
mod es;
mod fr;
mod it;

use latchkey::domain::Locale;
use serde::Serialize;

/// Every text of the pages in one language. `{}` is where a value goes.
pub struct Words {
    /// The language's own name.
    pub language: &'static str,
    pub titles: Titles,
    pub fields: Fields,
    pub buttons: Buttons,
    pub notes: Notes,
    pub account: Account,
    pub script: Script,
}

/// The headings of the pages.
pub struct Titles {
    pub sign_in: &'static str,
    pub register: &'static str,
    pub verify: &'static str,
    pub forgot: &'static str,
    pub reset: &'static str,
    pub invite: &'static str,
    pub undo_email: &'static str,
    pub account: &'static str,
    pub second_factor: &'static str,
    pub enrol: &'static str,
    pub backup_codes: &'static str,
    pub confirm_it_is_you: &'static str,
    /// Of the page that says that something is not there.
    pub not_here: &'static str,
}

pub struct Fields {
    pub email: &'static str,
    pub password: &'static str,
    pub current_password: &'static str,
    pub new_password: &'static str,
    pub first_name: &'static str,
    pub last_name: &'static str,
    pub remember_me: &'static str,
    pub trust_device: &'static str,
    pub app_code: &'static str,
    pub mailed_code: &'static str,
    pub backup_code: &'static str,
    pub new_email: &'static str,
}

pub struct Buttons {
    pub sign_in: &'static str,
    pub sign_out: &'static str,
    pub register: &'static str,
    pub with_passkey: &'static str,
    pub show: &'static str,
    pub confirm: &'static str,
    pub verify: &'static str,
    pub send_link: &'static str,
    pub send_code: &'static str,
    pub send_again: &'static str,
    pub send_mail_again: &'static str,
    pub set_password: &'static str,
    pub undo: &'static str,
    pub save: &'static str,
    pub cancel: &'static str,
    pub use_app: &'static str,
    pub use_passkey: &'static str,
    pub use_email: &'static str,
    pub use_backup_code: &'static str,
    pub add_app: &'static str,
    pub add_passkey: &'static str,
    pub add_email: &'static str,
    pub copy: &'static str,
    pub download: &'static str,
    pub saved_codes: &'static str,
}

/// Sentences.
pub struct Notes {
    pub no_script: &'static str,
    pub no_account: &'static str,
    pub have_account: &'static str,
    pub forgot: &'static str,
    pub back_to_sign_in: &'static str,
    pub skip: &'static str,
    pub by_passkey: &'static str,
    pub by_app: &'static str,
    /// `{}` is the masked address.
    pub by_email: &'static str,
    pub by_backup_code: &'static str,
    pub enrol: &'static str,
    pub scan: &'static str,
    pub secret: &'static str,
    pub backup_codes: &'static str,
    pub verify: &'static str,
    pub verify_other_password: &'static str,
    pub verified: &'static str,
    pub already_verified: &'static str,
    pub link_is_dead: &'static str,
    pub new_link: &'static str,
    pub registration_lasts: &'static str,
    pub mail_sent: &'static str,
    pub forgot_about: &'static str,
    pub reset_done: &'static str,
    pub invite_done: &'static str,
    pub invite: &'static str,
    pub undo: &'static str,
    pub undone: &'static str,
    pub undone_before: &'static str,
    pub registered: &'static str,
    pub registration_closed: &'static str,
    /// `{}` is a number of characters, 8 at least.
    pub rule_length: &'static str,
    pub rule_common: &'static str,
    pub rule_own: &'static str,
    pub captcha: &'static str,
    pub confirm_it_is_you: &'static str,
    pub tenant_not_found: &'static str,
    pub suspended: &'static str,
    pub page_not_found: &'static str,
    pub bad_return: &'static str,
    pub unavailable: &'static str,
}

/// The own account.
pub struct Account {
    pub profile: &'static str,
    pub email: &'static str,
    pub email_about: &'static str,
    pub password: &'static str,
    pub password_about: &'static str,
    pub factors: &'static str,
    pub factors_about: &'static str,
    pub devices: &'static str,
    pub devices_about: &'static str,
    pub sessions: &'static str,
    pub sessions_about: &'static str,
    pub end_others: &'static str,
    pub export: &'static str,
    pub export_about: &'static str,
    pub delete: &'static str,
    pub delete_about: &'static str,
    pub delete_confirm: &'static str,
    pub deleted: &'static str,
    pub new_backup_codes: &'static str,
}

/// What the scripts say.
#[derive(Serialize)]
pub struct Script {
    /// By the API's codes, of what a person can meet on a page; and of what the browser says.
    pub problems: &'static [(&'static str, &'static str)],
    /// What the API says of a field, by how it begins; `{}` is the number in it.
    pub faults: &'static [(&'static str, &'static str)],
    pub failed: &'static str,
    pub invalid_code: &'static str,
    pub invalid_credential: &'static str,
    /// `{}` is a number of seconds, or of minutes.
    pub wait_seconds: &'static str,
    pub wait_minutes: &'static str,
    pub hide: &'static str,
    pub show: &'static str,
    pub saved: &'static str,
    pub removed: &'static str,
    pub ended: &'static str,
    /// `{}` is a time.
    pub made: &'static str,
    pub copied: &'static str,
    pub none: &'static str,
    pub this_one: &'static str,
    pub app: &'static str,
    pub add_app: &'static str,
    pub replace_app: &'static str,
    pub passkey: &'static str,
    pub email: &'static str,
    pub backup_codes: &'static str,
    /// `{}` is a number.
    pub backup_codes_left: &'static str,
    pub disabled: &'static str,
    pub trusted: &'static str,
    pub known: &'static str,
    pub unknown_device: &'static str,
    /// `{}` is a time.
    pub last_used: &'static str,
    pub remove: &'static str,
    pub end: &'static str,
}

impl Words {
    pub fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &en::WORDS,
            Locale::De => &de::WORDS,
            Locale::Fr => &fr::WORDS,
            Locale::Es => &es::WORDS,
            Locale::It => &it::WORDS,
        }
    }
}
