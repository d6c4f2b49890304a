//! Which function a request goes to.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::bail;
use latchkey::{http::Route, runtime::Function};
use percent_encoding::percent_decode_str;

/// One segment of a route's path. The order is API Gateway's preference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(&'static str),
    Parameter(&'static str),
    /// `{name+}`: everything that is left.
    Rest(&'static str),
}

struct Entry {
    route: Route,
    pattern: Vec<Segment>,
    function: Arc<dyn Function>,
}

/// Every route of the gateway.
pub struct RouteTable(Vec<Entry>);

/// The route of a request.
pub struct Matched<'a> {
    /// Such as `POST /api/v1/auth/tenants/{tenant_slug}/login`.
    pub route_key: String,
    /// Percent-decoded once.
    pub path_parameters: BTreeMap<String, String>,
    pub function: &'a Arc<dyn Function>,
}

impl RouteTable {
    /// The routes of these functions.
    ///
    /// # Errors
    /// When two functions claim one route.
    pub fn of(functions: &[Arc<dyn Function>]) -> anyhow::Result<Self> {
        let mut entries: Vec<Entry> = Vec::new();
        for function in functions {
            for route in function.routes() {
                if let Some(other) = entries.iter().find(|entry| entry.route == *route) {
                    bail!("both {} and {} claim {route}", other.function.name(), function.name());
                }
                let pattern = segments(route.path).map(segment).collect();
                entries.push(Entry { route: *route, pattern, function: Arc::clone(function) });
            }
        }
        entries.sort_by(|one, other| one.pattern.cmp(&other.pattern));
        Ok(Self(entries))
    }

    /// The routes and the names of their functions.
    pub fn iter(&self) -> impl Iterator<Item = (Route, &'static str)> {
        self.0.iter().map(|entry| (entry.route, entry.function.name()))
    }

    /// Finds the route for a method and a path as it was sent. `HEAD` is not `GET`; `OPTIONS` on a
    /// path that has any route goes to that route's function, which answers CORS itself.
    #[must_use]
    pub fn find(&self, method: &str, path: &str) -> Option<Matched<'_>> {
        let sent: Vec<String> = segments(path).map(decoded).collect();
        let matches = |wanted: &dyn Fn(&str) -> bool| {
            self.0.iter().filter(|entry| wanted(entry.route.method)).find_map(|entry| {
                capture(&entry.pattern, &sent).map(|path_parameters| Matched {
                    route_key: format!("{method} {}", entry.route.path),
                    path_parameters,
                    function: &entry.function,
                })
            })
        };
        matches(&|route| route == method)
            .or_else(|| if method == "OPTIONS" { matches(&|_| true) } else { None })
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

/// Percent-decodes once, as API Gateway does.
pub(super) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn segment(text: &'static str) -> Segment {
    match text.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
        Some(name) => match name.strip_suffix('+') {
            Some(name) => Segment::Rest(name),
            None => Segment::Parameter(name),
        },
        None => Segment::Literal(text),
    }
}

/// The parameters of a path that fits the pattern.
fn capture(pattern: &[Segment], sent: &[String]) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    for (index, segment) in pattern.iter().enumerate() {
        let value = sent.get(index)?;
        match segment {
            Segment::Literal(literal) if value == literal => {}
            Segment::Literal(_) => return None,
            Segment::Parameter(_) if value.is_empty() => return None,
            Segment::Parameter(name) => {
                parameters.insert((*name).to_owned(), value.clone());
            }
            Segment::Rest(name) => {
                parameters.insert((*name).to_owned(), sent[index..].join("/"));
                return Some(parameters);
            }
        }
    }
    (pattern.len() == sent.len()).then_some(parameters)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    struct Named(&'static str, &'static [Route]);

    #[async_trait]
    impl Function for Named {
        fn name(&self) -> &'static str {
            self.0
        }

        fn routes(&self) -> &'static [Route] {
            self.1
        }

        async fn invoke(&self, _: &[u8]) -> Result<Vec<u8>, String> {
            Ok(Vec::new())
        }
    }

    const ONE: &[Route] = &[Route::get("/things/{id}"), Route::post("/things/{id}/do")];
    const NEW: &[Route] = &[Route::get("/things/new")];
    const REST: &[Route] = &[Route::get("/pages/{proxy+}")];

    fn table() -> RouteTable {
        RouteTable::of(&[
            Arc::new(Named("one", ONE)),
            Arc::new(Named("new", NEW)),
            Arc::new(Named("rest", REST)),
        ])
        .unwrap()
    }

    fn found(method: &str, path: &str) -> Option<(&'static str, String, Vec<String>)> {
        let table = table();
        let matched = table.find(method, path)?;
        let values = matched.path_parameters.into_values().collect();
        Some((matched.function.name(), matched.route_key, values))
    }

    #[test]
    fn a_parameter_is_decoded_once() {
        let (name, key, values) = found("GET", "/things/a%2520b%2Fc").unwrap();
        assert_eq!((name, key.as_str()), ("one", "GET /things/{id}"));
        assert_eq!(values, ["a%20b/c"]);
    }

    #[test]
    fn a_literal_goes_before_a_parameter() {
        assert_eq!(found("GET", "/things/new").unwrap().0, "new");
        assert_eq!(found("GET", "/things/news").unwrap().0, "one");
    }

    #[test]
    fn the_rest_takes_everything() {
        assert_eq!(found("GET", "/pages/a/b").unwrap().2, ["a/b"]);
    }

    #[test]
    fn what_does_not_fit_is_not_found() {
        for (method, path) in [
            ("HEAD", "/things/1"),
            ("POST", "/things/1"),
            ("GET", "/things/"),
            ("GET", "/things/1/"),
            ("GET", "//things/1"),
            ("GET", "/things/1/do"),
            ("OPTIONS", "/nothing"),
        ] {
            assert!(found(method, path).is_none(), "{method} {path}");
        }
    }

    #[test]
    fn options_go_to_any_function_of_the_path() {
        assert_eq!(found("OPTIONS", "/things/1/do").unwrap().1, "OPTIONS /things/{id}/do");
    }

    #[test]
    fn a_route_has_one_function() {
        let twice: [Arc<dyn Function>; 2] = [Arc::new(Named("a", NEW)), Arc::new(Named("b", NEW))];
        let error = RouteTable::of(&twice).err().unwrap();
        assert_eq!(error.to_string(), "both a and b claim GET /things/new");
    }
}
