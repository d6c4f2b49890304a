//! The pages there are.

use crate::words::Words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    SignIn,
    Register,
    Verify,
    Forgot,
    Reset,
    Invite,
    UndoEmail,
    Account,
}

impl Page {
    pub const ALL: [Self; 8] = [
        Self::SignIn,
        Self::Register,
        Self::Verify,
        Self::Forgot,
        Self::Reset,
        Self::Invite,
        Self::UndoEmail,
        Self::Account,
    ];

    /// As it stands in its path, and its script's name. Mails lead to some of them.
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Register => "register",
            Self::Verify => "verify",
            Self::Forgot => "forgot",
            Self::Reset => "reset",
            Self::Invite => "invite",
            Self::UndoEmail => "undo-email",
            Self::Account => "account",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.name() == name)
    }

    pub fn title(self, words: &Words) -> &'static str {
        let titles = &words.titles;
        match self {
            Self::SignIn => titles.sign_in,
            Self::Register => titles.register,
            Self::Verify => titles.verify,
            Self::Forgot => titles.forgot,
            Self::Reset => titles.reset,
            Self::Invite => titles.invite,
            Self::UndoEmail => titles.undo_email,
            Self::Account => titles.account,
        }
    }

    /// The scripts that the page's own one needs, to be fetched at once.
    pub fn scripts(self) -> &'static [&'static str] {
        match self {
            Self::SignIn => &["api.js", "arrive.js", "captcha.js", "form.js", "passkeys.js", "steps.js"],
            Self::Register | Self::Forgot => &["api.js", "captcha.js", "form.js"],
            Self::Verify => &["api.js", "arrive.js", "choose.js", "enrol.js", "form.js", "passkeys.js"],
            Self::Reset | Self::Invite | Self::UndoEmail => &["api.js", "choose.js", "form.js"],
            Self::Account => &[
                "api.js",
                "arrive.js",
                "captcha.js",
                "enrol.js",
                "form.js",
                "list.js",
                "passkeys.js",
                "steps.js",
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Adds what a script imports, and what that imports.
    fn add_imports(of: &str, all: &mut BTreeSet<String>) {
        let text = std::fs::read_to_string(format!("{}/assets/{of}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for name in text.lines().filter_map(|line| line.split_once("from \"./")).map(|(_, name)| name) {
            let name = name.trim_end_matches("\";");
            if all.insert(name.to_owned()) {
                add_imports(name, all);
            }
        }
    }

    #[test]
    fn a_page_asks_at_once_for_the_scripts_that_it_needs_and_no_other() {
        for page in Page::ALL {
            let mut needed = BTreeSet::new();
            add_imports(&format!("{}.js", page.name()), &mut needed);
            assert!(needed.iter().eq(page.scripts()), "{}: {needed:?}", page.name());
        }
    }
}
