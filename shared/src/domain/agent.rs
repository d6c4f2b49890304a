//! A `User-Agent`, in words.
//!
//! It is what the client says of itself, so a hint for its owner and no proof. Only words of ours
//! come out of here.

/// From the particular to the general: Edge also says Chrome, and Chrome also says Safari.
const BROWSERS: [(&str, &str); 10] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Android also says Linux, and an iPhone also says Mac OS X.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows NT", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// The browser and the system, if the text names one of each that we know.
#[must_use]
pub fn browser_and_system(agent: &str) -> Option<(&'static str, &'static str)> {
    if !agent.starts_with("Mozilla/5.0 (") {
        return None;
    }
    let known = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    Some((known(&BROWSERS)?, known(&SYSTEMS)?))
}

#[cfg(test)]
mod tests {
    use super::browser_and_system;

    #[test]
    fn knows_the_usual_ones() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";
        assert_eq!(browser_and_system(chrome), Some(("Chrome", "Windows")));
        assert_eq!(browser_and_system(&format!("{chrome} Edg/131.0.0.0")), Some(("Edge", "Windows")));
        assert_eq!(browser_and_system(safari), Some(("Safari", "iPhone")));
        assert_eq!(
            browser_and_system("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"),
            Some(("Firefox", "Linux"))
        );
        assert_eq!(browser_and_system("curl/8.5.0"), None);
        assert_eq!(browser_and_system("Mozilla/5.0 (compatible; evil.example)"), None);
    }
}
