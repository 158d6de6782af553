//! The browser and the operating system that a User-Agent header names.

/// Marks in a User-Agent, and the browser that each means. The first mark of this list that occurs decides: a browser
/// also names those that it descends from, and these come later here.
const BROWSERS: [(&str, &str); 16] = [
    ("Edg/", "Microsoft Edge"),
    ("EdgA/", "Microsoft Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("MSIE ", "Internet Explorer"),
    ("Trident/", "Internet Explorer"),
    ("Version/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("Python-urllib/", "Python's urllib"),
];

/// Marks in a User-Agent, and the operating system that each means; the first that occurs decides.
const SYSTEMS: [(&str, &str); 10] = [
    ("Windows NT 10.0", "Windows 10 or 11"),
    ("Windows NT 6.1", "Windows 7"),
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS on an iPhone"),
    ("iPad", "iPadOS"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Ubuntu", "Linux (Ubuntu)"),
    ("Linux", "Linux"),
];

/// What the value of a User-Agent header gives away: browser, its version and system, as far as they are known.
pub(super) fn says(value: &str) -> String {
    let browser = BROWSERS.iter().find_map(|(mark, name)| {
        let at = value.find(mark)?;
        let rest = value.get(at + mark.len()..)?;
        let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        // The engine's version says little about Internet Explorer's.
        Some(if version.is_empty() || *mark == "Trident/" {
            (*name).to_string()
        } else {
            format!("{name} {version}")
        })
    });
    let system = SYSTEMS.iter().find(|(mark, _)| value.contains(mark)).map(|(_, name)| *name);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("the browser, {browser}, and the system, {system}"),
        (Some(browser), None) => format!("the program, {browser}; no system"),
        (None, Some(system)) => format!("the system, {system}"),
        (None, None) => "the program that asks".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_from_those_that_it_claims_to_be_like() {
        let agents = [
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/118.0",
                "the browser, Firefox 118.0, and the system, Linux (Ubuntu)",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Safari/537.36 Edg/119.0.2151.58",
                "the browser, Microsoft Edge 119.0.2151.58, and the system, Windows 10 or 11",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
                "the browser, Safari 17.0, and the system, iOS on an iPhone",
            ),
            ("curl/8.1.2", "the program, curl 8.1.2; no system"),
            ("", "the program that asks"),
        ];
        for (agent, expected) in agents {
            assert_eq!(says(agent), expected);
        }
    }
}
