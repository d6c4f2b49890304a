//! Metrics: what an operator can be woken by.

use latchkey::jiff::SignedDuration;
use local::mail::{Faults, Mode};
use serde_json::json;
use tests::{House, PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn failed_logins_and_throttles_are_counted_and_a_success_costs_no_line() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    ada.login(&client).await.data();
    assert!(house.metrics.lines().is_empty(), "{:?}", house.metrics.lines());
    for _ in 0..5 {
        assert_eq!(ada.login_with(&client, "not the password at all").await.status, 401);
    }
    assert_eq!(ada.login(&client).await.status, 429);
    let lines = house.metrics.lines();
    assert_eq!(lines.len(), 6);
    assert_eq!(
        lines[0],
        json!({
            "_aws": {
                "Timestamp": house.parts.clock.now().as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "Latchkey",
                    "Dimensions": [["Stage"]],
                    "Metrics": [{ "Name": "FailedLogins", "Unit": "Count" }],
                }],
            },
            "Stage": "test",
            "FailedLogins": 1,
        })
    );
    assert_eq!((house.metrics.total("FailedLogins"), house.metrics.total("TooManyAttempts")), (5, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_and_conflicts_are_counted() {
    let (house, faults) = House::on_a_bad_day().await;
    let tenant = house.tenant("acme", json!({})).await;
    let client = house.client(2);
    // The transaction that activates the account meets two others, and is made at last.
    faults.conflict(2);
    house.person(&tenant, "ada@example.com").await;
    assert_eq!((house.metrics.total("TransactionConflicts"), house.metrics.total("Faults")), (2, 0));
    assert_eq!(house.metrics.lines().len(), 1, "one line for both");
    faults.break_off(true);
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    assert_eq!(client.post("acme", "login", &login).await.status, 503);
    assert_eq!(house.metrics.total("Faults"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_wait_expire_or_are_rejected_are_counted() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let (ada, client) = house.ada_at_acme(json!({})).await;
    let inbox = house.stack().inbox();
    let ask = || async {
        client.post("acme", "forgot-password", &json!({ "email": ada.email })).await.data();
        house.settle().await;
    };
    house.stack().minute().await.unwrap();
    assert!(house.metrics.lines().is_empty(), "nothing is overdue");

    inbox.fail(Faults { mode: Mode::Fail, ..Faults::default() });
    ask().await;
    // It was put back for five seconds.
    house.advance(SignedDuration::from_secs(65));
    house.stack().minute().await.unwrap();
    assert_eq!(house.metrics.total("OutboxAge"), 65, "since it was asked for, however often it was put back");
    house.advance(SignedDuration::from_hours(2));
    house.stack().minute().await.unwrap();
    assert_eq!(house.metrics.total("ExpiredMails"), 1);

    inbox.fail(Faults { mode: Mode::Reject, ..Faults::default() });
    ask().await;
    assert_eq!(house.metrics.total("RejectedMails"), 1);
}
