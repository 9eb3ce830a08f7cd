//! Markdown, read far enough to see where it leads.

/// Its blocks of code: what stands behind the fence, and the lines.
pub(crate) fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in page.lines() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(words), None) => open = Some((words.trim().to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// All of it but code.
pub(crate) fn prose(page: &str) -> String {
    let mut inside = false;
    let mut prose = String::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside {
            prose.extend(line.split('`').step_by(2));
            prose.push('\n');
        }
    }
    prose
}

/// Where its links lead that stay in the repository: from where the page is.
pub(crate) fn links(page: &str) -> Vec<String> {
    let links = targets(page).into_iter();
    links.filter(|link| !link.contains("://")).collect()
}

/// The files of the repository that its links lead to by where others see it: from the root on.
pub(crate) fn seen_from_outside(page: &str) -> Vec<String> {
    const REPOSITORY: &str = "https://github.com/600apples/daffi/";
    let links = targets(page).into_iter();
    links
        .filter_map(|link| {
            let path = link.strip_prefix(REPOSITORY)?;
            let path = path
                .strip_prefix("blob/main/")
                .or(path.strip_prefix("tree/main/"));
            Some(path.unwrap_or_else(|| panic!("{link} is no file")).to_owned())
        })
        .collect()
}

fn targets(page: &str) -> Vec<String> {
    let prose = prose(page);
    let ends = prose.split("](").skip(1);
    ends.filter_map(|end| Some(end.split_once(')')?.0.to_owned()))
        .collect()
}

/// The names by which its headings are linked to.
pub(crate) fn anchors(page: &str) -> Vec<String> {
    let mut inside = false;
    let mut anchors: Vec<String> = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if !inside && line.starts_with('#') {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
            let anchor: String = kept.collect::<String>().replace(' ', "-");
            let before = anchors
                .iter()
                .filter(|other| {
                    other
                        .trim_end_matches(|letter: char| letter.is_ascii_digit())
                        .trim_end_matches('-')
                        == anchor
                })
                .count();
            anchors.push(if before == 0 {
                anchor
            } else {
                format!("{anchor}-{before}")
            });
        }
    }
    anchors
}
