//! What the OpenAPI document says of an operation, from the code's own types.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// One operation: a route's words and types.
#[derive(Clone)]
pub struct Operation {
    pub id: &'static str,
    pub summary: &'static str,
    pub about: &'static str,
    pub query: Vec<(&'static str, bool)>,
    /// Whether it is a list that is read a page at a time: by `cursor` and `limit`.
    pub paged: bool,
    pub body: Option<Named>,
    pub answer: Answer,
    pub secured: Security,
}

/// A schema and those it refers to.
#[derive(Clone)]
pub struct Named {
    pub name: String,
    pub schemas: Vec<(String, RefOr<Schema>)>,
}

/// What a 200 holds.
#[derive(Clone)]
pub enum Answer {
    /// `{"data": <this>, "meta": …}` under the contract's own name.
    Data { wrapper: &'static str, data: Named },
    /// `{"data": …, "meta": …}`, left open as the contract leaves it.
    Open,
    /// A document of its own.
    Document,
    /// Something for a browser: HTML, or what belongs to it.
    Page,
}

/// Which token a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// None, or one that is valid.
    Optional,
    /// The user's access token.
    User,
    /// None.
    Public,
    /// None, but a request signed by an IAM identity that may make it (AWS Signature Version 4).
    Administrator,
}

impl Operation {
    #[must_use]
    pub fn new(id: &'static str, summary: &'static str, about: &'static str) -> Self {
        Self {
            id,
            summary,
            about,
            query: Vec::new(),
            paged: false,
            body: None,
            answer: Answer::Open,
            secured: Security::Optional,
        }
    }

    #[must_use]
    pub fn query(mut self, name: &'static str, required: bool) -> Self {
        self.query.push((name, required));
        self
    }

    #[must_use]
    pub fn paged(mut self) -> Self {
        self.paged = true;
        self
    }

    #[must_use]
    pub fn body<T: ToSchema + PartialSchema>(mut self) -> Self {
        self.body = Some(Named::of::<T>());
        self
    }

    #[must_use]
    pub fn data<T: ToSchema + PartialSchema>(mut self, wrapper: &'static str) -> Self {
        self.answer = Answer::Data { wrapper, data: Named::of::<T>() };
        self
    }

    #[must_use]
    pub fn document(mut self) -> Self {
        self.answer = Answer::Document;
        self
    }

    #[must_use]
    pub fn page(mut self) -> Self {
        self.answer = Answer::Page;
        self
    }

    #[must_use]
    pub fn secured(mut self, secured: Security) -> Self {
        self.secured = secured;
        self
    }
}

impl Named {
    #[must_use]
    pub fn of<T: ToSchema + PartialSchema>() -> Self {
        let name = T::name().into_owned();
        let mut schemas = vec![(name.clone(), T::schema())];
        T::schemas(&mut schemas);
        Self { name, schemas }
    }
}
