use super::{FIREFOX, MASKED, NETWORK, letters, rendered};
use crate::domain::Locale;

#[test]
fn every_letter_in_every_language() {
    for (locale, tag) in [(Locale::En, "en"), (Locale::De, "de")] {
        for (name, letter) in letters(NETWORK, FIREFOX, MASKED) {
            let mail = rendered(&letter, "Müller & Söhne", locale);
            let text = format!("Subject: {}\n\n{}", mail.subject, mail.text);
            insta::assert_snapshot!(format!("{name}.{tag}.txt"), text);
            insta::assert_snapshot!(format!("{name}.{tag}.html"), mail.html);
        }
    }
}
