use super::{FIREFOX, MASKED, NETWORK, letters, rendered};
use crate::domain::Locale;

#[test]
fn every_letter_in_every_language() {
    for locale in Locale::ALL {
        let tag = locale.tag();
        for (name, letter) in letters(NETWORK, FIREFOX, MASKED) {
            let mail = rendered(&letter, "Müller & Söhne", locale);
            let text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
            insta::assert_snapshot!(format!("{name}.{tag}.txt"), text);
            insta::assert_snapshot!(format!("{name}.{tag}.html"), mail.html);
        }
    }
}
