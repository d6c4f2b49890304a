//! How a tenant looks.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::LogoUrl;
use crate::domain::Fault;

/// A tenant's name and looks. Mails show the name and the colour of the button; a mail has no picture,
/// so the logo is for pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Branding {
    /// What people read; what is in force says [`Tenant::name`](crate::domain::Tenant::name).
    pub name: Option<String>,
    pub logo_url: Option<LogoUrl>,
    pub primary_colour: Colour,
    pub background_colour: Colour,
}

impl Branding {
    /// What a button must have against the page (WCAG 2.2 SC 1.4.11).
    const LEAST_CONTRAST: f64 = 3.0;

    /// A button that cannot be told from the page.
    pub(super) fn fault(&self) -> Option<Fault> {
        let contrast = self.primary_colour.contrast(self.background_colour);
        (contrast < Self::LEAST_CONTRAST).then(|| {
            Fault::value(format!(
                "must have a contrast of 3:1 at least to branding.background_colour, and has {contrast:.2}:1"
            ))
        })
    }
}

impl Default for Branding {
    fn default() -> Self {
        Self {
            name: None,
            logo_url: None,
            primary_colour: Colour([0x1d, 0x4e, 0xd8]),
            background_colour: Colour::WHITE,
        }
    }
}

/// A colour of sRGB, `#rrggbb` in settings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    pub const BLACK: Self = Self([0; 3]);
    pub const WHITE: Self = Self([255; 3]);

    /// Red, green and blue.
    #[must_use]
    pub const fn rgb(channels: [u8; 3]) -> Self {
        Self(channels)
    }

    /// # Errors
    /// The text is not `#` and six hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let number = number.ok_or_else(|| Fault::value("a colour is # and six hexadecimal digits"))?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }

    /// The contrast ratio, from 1 to 21 (WCAG 2.2, "contrast ratio").
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// Black or white, whichever reads better on this colour: always by 4.58:1 at least, since the
    /// product of the two contrasts is 21, so it never falls under the 4.5:1 of WCAG 2.2 SC 1.4.3.
    #[must_use]
    pub fn text(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) { Self::WHITE } else { Self::BLACK }
    }

    /// So many percent of the way to another.
    #[must_use]
    pub fn mixed(self, other: Self, percent: u8) -> Self {
        let percent = u16::from(percent.min(100));
        let mut channels = self.0;
        for (channel, to) in channels.iter_mut().zip(other.0) {
            let mixed = (u16::from(*channel) * (100 - percent) + u16::from(to) * percent) / 100;
            *channel = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
        Self(channels)
    }

    /// The nearest to this, on the way to black or white, that has this contrast against a page: 4.58:1 can always
    /// be had.
    #[must_use]
    pub fn readable_on(self, page: Self, least: f64) -> Self {
        let ink = page.text();
        let steps = (0..=100).map(|percent| self.mixed(ink, percent));
        steps.into_iter().find(|colour| colour.contrast(page) >= least).unwrap_or(ink)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Debug for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Colour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|fault| D::Error::custom(fault.message))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Settings;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn a_colour_has_one_form() {
        assert_eq!(colour("#1D4ED8").to_string(), "#1d4ed8");
        assert_eq!(serde_json::to_value(colour("#00ff0a")).unwrap(), "#00ff0a");
        for bad in ["", "#", "#fff", "1d4ed8", "#1d4ed8ff", "#+d4ed8", "red", "#12345g", "#éaaaa", "url(x)"]
        {
            assert!(Colour::parse(bad).is_err(), "{bad}");
        }
        let markup = "#000\"><script>";
        assert!(serde_json::from_value::<Branding>(json!({ "primary_colour": markup })).is_err());
    }

    /// Known pairs: black on white is 21:1, `#767676` is the lightest grey that has 4.5:1 on white.
    #[test]
    fn contrast_is_wcags() {
        let near = |one: f64, two: f64| assert!((one - two).abs() < 0.005, "{one} {two}");
        near(Colour::BLACK.contrast(Colour::WHITE), 21.0);
        near(Colour::WHITE.contrast(Colour::WHITE), 1.0);
        near(colour("#767676").contrast(Colour::WHITE), 4.54);
        near(colour("#777777").contrast(Colour::WHITE), 4.48);
        near(colour("#ff0000").contrast(Colour::WHITE), 4.00);
        near(colour("#1d4ed8").contrast(Colour::WHITE), 6.70);
    }

    #[test]
    fn text_reads_on_every_colour() {
        let steps = || (0..=255).step_by(17);
        for red in steps() {
            for green in steps() {
                for blue in steps() {
                    let colour = Colour([red, green, blue]);
                    assert!(colour.contrast(colour.text()) >= 4.5, "{colour}");
                }
            }
        }
        assert_eq!(colour("#1d4ed8").text(), Colour::WHITE);
        assert_eq!(colour("#facc15").text(), Colour::BLACK);
    }

    #[test]
    fn a_button_stands_out_from_the_page() {
        let set = |primary: &str, background: &str| {
            Settings::parse(json!({
                "branding": { "primary_colour": primary, "background_colour": background }
            }))
            .map_err(|faults| faults.into_iter().map(|(key, _)| key).collect::<Vec<_>>())
        };
        assert!(set("#facc15", "#111827").is_ok());
        assert_eq!(set("#facc15", "#ffffff").unwrap_err(), ["branding.primary_colour"]);
        assert_eq!(set("blue", "#ffffff").unwrap_err(), ["branding.primary_colour"]);
    }

    #[test]
    fn a_logo_is_fetched_by_https_alone() {
        assert!(LogoUrl::parse("https://cdn.acme.test/logo.svg").is_ok());
        for bad in
            ["http://localhost/logo.svg", "http://acme.test/x", "data:image/svg+xml,x", "//acme.test/x"]
        {
            assert!(LogoUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
