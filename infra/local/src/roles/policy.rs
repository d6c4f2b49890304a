//! What a role allows.

use super::access::Access;

/// One statement that allows something in DynamoDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Such as `GetItem`.
    pub actions: Vec<String>,
    /// A table's logical name, with `/index/<name>` where it is an index.
    pub resource: String,
    /// Patterns of partition keys; none where any may be touched.
    pub partitions: Vec<String>,
}

impl Statement {
    /// The patterns by which this allows `access` to the resource of this logical name; one empty text where
    /// any partition may be touched.
    pub fn allowed_by<'a>(&'a self, access: &'a Access, resource: &str) -> impl Iterator<Item = &'a str> {
        let applies = self.actions.contains(&access.action) && self.resource == resource;
        let anywhere = (applies && self.partitions.is_empty()).then_some("");
        let partition = access.partition.as_deref();
        let matching =
            self.partitions.iter().map(String::as_str).filter(move |pattern| {
                applies && partition.is_some_and(|partition| is_like(pattern, partition))
            });
        anywhere.into_iter().chain(matching)
    }
}

/// IAM's `StringLike`: a `*` stands for any text, also for none. (A `?` is in no key of ours.)
pub(crate) fn is_like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, like) in [
            ("KEYS", "KEYS", true),
            ("KEYS", "KEYS#", false),
            ("T#*", "T#acme", true),
            ("T#*", "K#acme", false),
            ("T#*#U#*", "T#tnt_1#U#usr_1", true),
            ("T#*#U#*", "T#tnt_1#E#a@b.example", false),
            ("R#*#strangers", "R#tnt_1#strangers", true),
            ("R#*#strangers", "R#tnt_1#strangers#", false),
            ("*", "", true),
        ] {
            assert_eq!(is_like(pattern, text), like, "{pattern} {text}");
        }
    }
}
