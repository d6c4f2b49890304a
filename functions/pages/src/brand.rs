//! A tenant's colours as a style, legible whatever the tenant has chosen.

use std::fmt;

use latchkey::domain::settings::{Branding, Colour};

/// What text must have against its page (WCAG 2.2 SC 1.4.3).
const TEXT: f64 = 4.5;
/// What a button or the border of a field must have (WCAG 2.2 SC 1.4.11).
const SHAPE: f64 = 3.0;

const NIGHT: Colour = Colour::rgb([0x15, 0x17, 0x1c]);
const DANGER: Colour = Colour::rgb([0xb4, 0x23, 0x18]);

/// The colours of a page, by day and by night.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand(String);

impl Brand {
    pub fn of(branding: &Branding) -> Self {
        let day = branding.background_colour;
        // A page that is dark already stays as it is.
        let night = if day.text() == Colour::WHITE { day } else { NIGHT };
        let (day, night) =
            (Scheme::on(day, branding.primary_colour), Scheme::on(night, branding.primary_colour));
        Self(format!(":root{{{day}}}@media (prefers-color-scheme:dark){{:root{{{night}}}}}"))
    }

    /// The content of a `<style>` element.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

struct Scheme {
    page: Colour,
    ink: Colour,
    muted: Colour,
    line: Colour,
    button: Colour,
    link: Colour,
    danger: Colour,
}

impl Scheme {
    fn on(page: Colour, primary: Colour) -> Self {
        let ink = page.text();
        Self {
            page,
            ink,
            muted: page.mixed(ink, 60).readable_on(page, TEXT),
            line: page.mixed(ink, 45).readable_on(page, SHAPE),
            button: primary.readable_on(page, SHAPE),
            link: primary.readable_on(page, TEXT),
            danger: DANGER.readable_on(page, TEXT),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { page, ink, muted, line, button, link, danger } = self;
        let on_button = button.text();
        write!(
            f,
            "--page:{page};--ink:{ink};--muted:{muted};--line:{line};--button:{button};--on-button:{on_button};\
             --link:{link};--danger:{danger}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_can_be_read_whatever_the_tenant_has_chosen() {
        let some = || (0..=255).step_by(51);
        let colours: Vec<Colour> = some()
            .flat_map(|red| {
                some().flat_map(move |green| some().map(move |blue| Colour::rgb([red, green, blue])))
            })
            .collect();
        for page in &colours {
            for primary in &colours {
                let scheme = Scheme::on(*page, *primary);
                for text in [scheme.ink, scheme.muted, scheme.link, scheme.danger] {
                    assert!(text.contrast(*page) >= TEXT, "{text} on {page}");
                }
                for shape in [scheme.line, scheme.button] {
                    assert!(shape.contrast(*page) >= SHAPE, "{shape} on {page}");
                }
                assert!(scheme.button.contrast(scheme.button.text()) >= TEXT);
            }
        }
    }

    #[test]
    fn a_dark_tenant_stays_dark_by_day() {
        let dark = Branding { background_colour: Colour::rgb([0x11, 0x18, 0x27]), ..Branding::default() };
        let style = Brand::of(&dark);
        assert_eq!(style.as_str().matches("--page:#111827").count(), 2);
        assert!(Brand::of(&Branding::default()).as_str().contains("--page:#15171c"));
    }
}
