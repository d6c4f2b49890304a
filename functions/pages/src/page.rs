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
            Self::SignIn => &["api.js", "form.js", "steps.js"],
            Self::Verify => &["api.js", "form.js", "steps.js", "enrol.js"],
            Self::Account => &["api.js", "form.js", "steps.js", "enrol.js", "list.js"],
            Self::Register | Self::Forgot | Self::Reset | Self::Invite | Self::UndoEmail => {
                &["api.js", "form.js"]
            }
        }
    }
}
