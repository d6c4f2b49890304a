//! In which language a page speaks.

use fluent_langneg::{
    LanguageIdentifier, NegotiationStrategy, negotiate_languages, parse_accepted_languages,
};
use http::header;
use latchkey::{
    domain::Locale,
    http::{Request, form},
};

/// What the person chose by `?lang=`, or else what their browser prefers; `None` where we have neither.
pub fn asked(request: &Request) -> Option<Locale> {
    let mut form = request.query();
    let chosen = form.optional_text("lang", form::any).flatten();
    chosen
        .as_deref()
        .and_then(Locale::tagged)
        .or_else(|| preferred(request.header(header::ACCEPT_LANGUAGE.as_str()).unwrap_or_default()))
}

/// The first of the browser's languages that we have, whatever its region.
fn preferred(accepted: &str) -> Option<Locale> {
    let ours: Vec<LanguageIdentifier> =
        Locale::ALL.iter().filter_map(|locale| locale.tag().parse().ok()).collect();
    let wanted = parse_accepted_languages(accepted);
    let found = negotiate_languages(&wanted, &ours, None, NegotiationStrategy::Filtering);
    found.first().and_then(|language| Locale::tagged(&language.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_we_have_is_taken() {
        for (accepted, wanted) in [
            ("de", Some(Locale::De)),
            ("de-AT,de;q=0.9,en;q=0.8", Some(Locale::De)),
            ("pt-BR,pt;q=0.9,es;q=0.8,en;q=0.7", Some(Locale::Es)),
            ("ja", None),
            ("", None),
            ("*", None),
            ("fr\"><script>", None),
        ] {
            assert_eq!(preferred(accepted), wanted, "{accepted}");
        }
    }
}
