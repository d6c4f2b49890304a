//! SES's `SendEmail`, and an inbox in place of the world.

mod faults;
mod inbox;
mod outgoing;
mod pages;
mod simulator;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::ACCEPT},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use latchkey::domain::{Clock, Entropy};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use self::{
    faults::{Faults, Mode},
    inbox::{Attachment, Body, Destination, Email, Inbox, NameValue},
    simulator::Report,
};
use self::{outgoing::SendEmail, pages::page};
use crate::serving::Tasks;

#[derive(Clone)]
struct Mail {
    inbox: Arc<Inbox>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// Serves on `listener` until the stack ends. Gives the inbox.
pub(crate) fn serve(
    tasks: &mut Tasks,
    listener: TcpListener,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Arc<Inbox> {
    let inbox = Arc::new(Inbox::default());
    let mail = Mail { inbox: Arc::clone(&inbox), clock, entropy };
    let router = Router::new()
        .route("/v2/email/outbound-emails", post(send))
        .route("/", get(list))
        .route("/mails/{id}", get(open))
        .route("/store", get(store))
        .route("/clear-store", post(clear))
        .route("/faults", post(fault))
        .fallback(|| async { refusal(StatusCode::NOT_FOUND, "UnknownOperationException", "not served here") })
        .with_state(mail);
    let serving = axum::serve(listener, router).with_graceful_shutdown(tasks.stopping());
    tasks.run(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the mail server ended");
        }
    });
    inbox
}

async fn send(State(mail): State<Mail>, body: Bytes) -> Response {
    let hit = mail.inbox.hit();
    if let Some(hit) = hit {
        tokio::time::sleep(Duration::from_millis(hit.delay_ms)).await;
        match hit.mode {
            Mode::Throttle => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                return refusal(status, "TooManyRequestsException", "Maximum sending rate exceeded.");
            }
            Mode::Fail => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                return refusal(status, "InternalFailure", "The service failed, as it was told to.");
            }
            Mode::Reject => {
                let status = StatusCode::BAD_REQUEST;
                return refusal(
                    status,
                    "BadRequestException",
                    "The message is rejected, as it was told to be.",
                );
            }
            Mode::None | Mode::Slow => {}
        }
    }
    let message_id = format!("{:032x}", u128::from_be_bytes(mail.entropy.bytes()));
    let parsed = serde_json::from_slice::<SendEmail>(&body)
        .map_err(|error| error.to_string())
        .and_then(|sent| sent.email(message_id.clone(), mail.clock.now().as_second()));
    match parsed {
        Ok(email) => {
            tracing::info!(to = ?email.destination.to, subject = email.subject, "mail");
            let report = Report::of(&email, mail.clock.now());
            mail.inbox.keep(email);
            mail.inbox.report(report);
            Json(json!({ "MessageId": message_id })).into_response()
        }
        Err(error) => refusal(StatusCode::BAD_REQUEST, "BadRequestException", &error),
    }
}

/// An error as the AWS SDK reads it (restJson1).
fn refusal(status: StatusCode, kind: &'static str, message: &str) -> Response {
    let headers = [("x-amzn-errortype", kind)];
    (status, headers, Json(json!({ "message": message }))).into_response()
}

async fn list(State(mail): State<Mail>) -> Response {
    page(&pages::List { emails: mail.inbox.emails().iter().rev().map(pages::Line::of).collect() })
}

async fn open(State(mail): State<Mail>, Path(id): Path<String>) -> Response {
    match mail.inbox.emails().into_iter().find(|email| email.message_id == id) {
        Some(email) => page(&pages::Mail::of(&email)),
        None => (StatusCode::NOT_FOUND, Html("<p>There is no such mail. <a href=\"/\">All mails</a>"))
            .into_response(),
    }
}

#[derive(Debug, Deserialize)]
struct Wanted {
    /// Unix seconds; mails of that second are wanted too.
    since: Option<i64>,
}

async fn store(State(mail): State<Mail>, Query(wanted): Query<Wanted>) -> Json<Value> {
    let since = wanted.since.unwrap_or(i64::MIN);
    let emails: Vec<Email> = mail.inbox.emails().into_iter().filter(|email| email.at >= since).collect();
    Json(json!({ "emails": emails }))
}

async fn clear(State(mail): State<Mail>, headers: HeaderMap) -> Response {
    mail.inbox.clear();
    let browser = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    if browser.is_some_and(|accept| accept.contains("text/html")) {
        return Redirect::to("/").into_response();
    }
    Json(json!({ "message": "Emails cleared" })).into_response()
}

async fn fault(State(mail): State<Mail>, body: Bytes) -> Response {
    match serde_json::from_slice::<Faults>(&body) {
        Ok(faults) => {
            mail.inbox.fail(faults);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

/// What a page may do: show itself. A mail's HTML is in a sandbox besides.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'",
);

#[cfg(test)]
mod tests;
