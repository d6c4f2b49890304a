//! Mails in a tenant's voice: its own words, its colour, its language.

use admin::AdminError;
use latchkey::{
    administration::AdministrationError,
    domain::{Locale, MailKind, TemplateName, Tenant},
    jiff::SignedDuration,
};
use local::mail::Email;
use serde_json::json;
use tests::House;

const RESET: &str = "Subject: A new password for {{ tenant }}\n\
                     Heading: Hello from {{ tenant }}\n\
                     Button: Choose it here\n\
                     \n\
                     You, we hope, want another password. Take your time: {{ expires_in }}.\n\
                     \n\
                     {{ link }}\n\
                     \n\
                     Questions? See https://app.acme.test/help or write to help@acme.test.\n";

fn reset(locale: Locale) -> TemplateName {
    TemplateName { kind: MailKind::ResetPassword, locale }
}

fn settings(locale: &str) -> serde_json::Value {
    json!({
        "origins": ["https://app.acme.test"],
        "mail": { "locale": locale, "reply_to": "help@acme.test", "new_sign_in": false },
        "branding": { "primary_colour": "#7f1d1d" },
    })
}

/// The last mail to an address that holds a link for a reset.
async fn last_reset(house: &House, tenant: &Tenant, address: &str) -> Email {
    let body = json!({ "email": address });
    house.client(7).post(tenant.slug.as_str(), "forgot-password", &body).await.data();
    house.settle().await;
    let mails = house.stack().inbox().emails().into_iter().rev();
    let of = |mail: &Email| mail.destination.to.iter().any(|to| to == address);
    let mail = mails.filter(of).find(|mail| mail.body.text.as_ref().unwrap().contains("lk_rst_"));
    mail.unwrap()
}

async fn set(house: &House, tenant: &Tenant, name: TemplateName, text: &str) -> Result<(), AdminError> {
    admin::mail::set(&house.by, &tenant.slug, name, text).await?;
    house.advance(SignedDuration::from_secs(61));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_own_words_are_mailed_and_nobody_elses_change() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let acme = house.tenant("acme", settings("en")).await;
    let other = house.tenant("other", settings("en")).await;
    for tenant in [&acme, &other] {
        house.person(tenant, "ada@example.com").await;
    }
    set(&house, &acme, reset(Locale::En), RESET).await.unwrap();
    let mail = last_reset(&house, &acme, "ada@example.com").await;
    let (text, html) = (mail.body.text.unwrap(), mail.body.html.unwrap());
    assert_eq!(mail.subject, "A new password for Acme Works");
    assert!(
        text.starts_with("Hello from Acme Works\n\nYou, we hope, want another password. Take your time: ")
    );
    assert!(text.contains("Choose it here:\nhttp") && text.contains("#token=lk_rst_"), "{text}");
    assert!(html.contains(">Choose it here</a>") && html.contains("#token=lk_rst_"), "{html}");
    assert!(html.contains("background-color:#7f1d1d") && html.contains("Take your time: "), "{html}");
    // The link in the own words works.
    let token = tests::token_in(&text, "lk_rst_").unwrap();
    let body = json!({ "token": token, "new_password": "an entirely new pass phrase 7" });
    house.client(2).post("acme", "password/reset", &body).await.data();

    // What followed from it is another kind of mail, and another tenant's mail is another's.
    let told = house.mails_to("ada@example.com").await;
    assert!(told.last().unwrap().starts_with("Your password was changed"), "{told:#?}");
    let others = last_reset(&house, &other, "ada@example.com").await;
    assert_eq!(others.subject, "Choose a new password for Acme Works");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_language_has_the_built_in_words_and_so_has_who_goes_back() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let acme = house.tenant("acme", settings("fr")).await;
    house.person(&acme, "ada@example.com").await;
    set(&house, &acme, reset(Locale::En), RESET).await.unwrap();
    let subject = async || last_reset(&house, &acme, "ada@example.com").await.subject;
    assert_eq!(subject().await, "Choisissez un nouveau mot de passe pour Acme Works");
    set(&house, &acme, reset(Locale::Fr), RESET).await.unwrap();
    assert_eq!(subject().await, "A new password for Acme Works");

    admin::mail::clear(&house.by, &acme.slug, reset(Locale::Fr)).await.unwrap();
    house.advance(SignedDuration::from_mins(61));
    assert_eq!(subject().await, "Choisissez un nouveau mot de passe pour Acme Works");
    let left = admin::tenant::show(&house.parts, &acme.slug).await.unwrap();
    assert_eq!(left.templates.into_iter().collect::<Vec<_>>(), [reset(Locale::En)]);
    let again = admin::mail::clear(&house.by, &acme.slug, reset(Locale::Fr)).await.unwrap_err();
    assert_eq!(again.to_string(), "acme has no words of its own for reset_password in fr");
    assert!(admin::mail::show(&house.parts, &acme, reset(Locale::Fr)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_name_gets_no_link_line_or_element_into_them() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let acme = house.tenant("acme", settings("en")).await;
    house.person(&acme, "ada@example.com").await;
    set(&house, &acme, reset(Locale::En), RESET).await.unwrap();
    let lines = async || {
        let mail = last_reset(&house, &acme, "ada@example.com").await;
        house.advance(SignedDuration::from_mins(61));
        (mail.subject, mail.body.text.unwrap(), mail.body.html.unwrap())
    };
    let (_, harmless_text, harmless_html) = lines().await;
    for name in ["<img src=x>", "https://evil.example", "evil.example", "a@evil.example", "=?utf-8?Q?x?="] {
        let change = [("branding.name".to_owned(), json!(name))];
        admin::tenant::set(&house.by, &acme.slug, &change).await.unwrap();
        house.advance(SignedDuration::from_secs(61));
        let (subject, text, html) = lines().await;
        assert_eq!(text.lines().count(), harmless_text.lines().count(), "{text}");
        assert_eq!(html.matches(['<', '>']).count(), harmless_html.matches(['<', '>']).count(), "{html}");
        for shown in [&subject, &text, &html] {
            assert!(!shown.contains("evil.example") && !shown.contains("=?"), "{shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_would_hurt_is_refused_and_changes_nothing() {
    let house = House::start().await;
    let acme = house.tenant("acme", settings("en")).await;
    for (text, reason) in [
        (RESET.replace("{{ link }}", "Ask us for the link."), "{{ link }} is missing"),
        (
            RESET.replace("app.acme.test/help", "evil.example/help"),
            "make a link of “https://evil.example/help”",
        ),
        (RESET.replace("A new password for", "{{ link }} for"), "never a part of a subject"),
        (RESET.replace("{{ expires_in }}", "{{ minutes }}"), "there is no placeholder {{ minutes }} here"),
        (RESET.repeat(40), "at most 8192 bytes"),
    ] {
        let refused = admin::mail::set(&house.by, &acme.slug, reset(Locale::En), &text).await.unwrap_err();
        assert_eq!(refused.exit_code(), 1);
        assert!(refused.to_string().contains(reason), "{refused}");
    }
    let after = admin::tenant::show(&house.parts, &acme.slug).await.unwrap();
    assert_eq!((after.revision, after.templates.len()), (acme.revision, 0));
}

/// The mail matters more than its words: what settings do not allow any more goes out in ours.
#[tokio::test(flavor = "multi_thread")]
async fn words_that_link_to_a_place_given_up_are_not_used() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let acme = house.tenant("acme", settings("en")).await;
    house.person(&acme, "ada@example.com").await;
    set(&house, &acme, reset(Locale::En), RESET).await.unwrap();
    let change = [("origins".to_owned(), json!(["https://elsewhere.test"]))];
    admin::tenant::set(&house.by, &acme.slug, &change).await.unwrap();
    house.advance(SignedDuration::from_secs(61));
    let mail = last_reset(&house, &acme, "ada@example.com").await;
    assert_eq!(mail.subject, "Choose a new password for Acme Works");
    assert!(!mail.body.text.unwrap().contains("app.acme.test"));
    let told = admin::mail::preview(&house.parts, &tenant_now(&house, &acme).await, sample(), None).await;
    assert!(told.unwrap_err().to_string().contains("https://app.acme.test/help"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_at_once_none_is_lost() {
    let house = House::start().await;
    let acme = house.tenant("acme", settings("en")).await;
    let name = |locale| reset(locale);
    let set = |locale| admin::mail::set(&house.by, &acme.slug, name(locale), RESET);
    let all =
        tokio::join!(set(Locale::En), set(Locale::De), set(Locale::Fr), set(Locale::Es), set(Locale::It));
    let all = [all.0, all.1, all.2, all.3, all.4];
    let done = all.iter().filter(|one| one.is_ok()).count();
    for refused in all.iter().filter_map(|one| one.as_ref().err()) {
        assert!(
            matches!(
                refused,
                AdminError::Administration(AdministrationError::Overtaken(_)) | AdminError::Store(_)
            ),
            "{refused}"
        );
    }
    let after = tenant_now(&house, &acme).await;
    assert!(done >= 1 && after.templates.len() == done, "{done} {:?}", after.templates);
    for name in after.templates.clone() {
        assert_eq!(admin::mail::show(&house.parts, &after, name).await.unwrap().text, RESET);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_what_would_be_mailed_and_can_be_mailed() {
    let Some(house) = House::with_its_own_clock().await else { return };
    let acme = house.tenant("acme", settings("en")).await;
    let preview = async |draft: Option<&'static str>| {
        admin::mail::preview(&house.parts, &tenant_now(&house, &acme).await, sample(), draft).await.unwrap()
    };
    let built_in = preview(None).await;
    assert!(!built_in.own && built_in.rendered.subject == "Choose a new password for Acme Works");
    let draft = preview(Some(RESET)).await;
    assert!(draft.own && draft.rendered.subject == "A new password for Acme Works");
    assert!(!preview(None).await.own, "a draft is not kept");
    set(&house, &acme, reset(Locale::En), RESET).await.unwrap();
    let own = preview(None).await;
    assert_eq!(own.rendered, draft.rendered);
    assert!(own.rendered.text.contains("/t/acme/sample#token=sample"), "{}", own.rendered.text);

    let environment = house.stack().environment().clone();
    admin::mail::send(&|name| environment.get(name).cloned(), &own, "grace@example.com").await.unwrap();
    let mailed = house.stack().inbox().emails().pop().unwrap();
    assert_eq!(mailed.destination.to, ["grace@example.com"]);
    assert_eq!((mailed.subject, mailed.body.html), (own.rendered.subject, Some(own.rendered.html)));
    assert_eq!(mailed.reply_to, ["help@acme.test"]);
    let names: Vec<_> = mailed.headers.iter().map(|header| &*header.name).collect();
    assert!(names.contains(&"Auto-Submitted") && !names.contains(&"List-Unsubscribe"), "{names:?}");
    assert!(admin::mail::send(&|_| None, &draft, "no address").await.is_err());
}

fn sample() -> (MailKind, Option<Locale>) {
    (MailKind::ResetPassword, None)
}

async fn tenant_now(house: &House, tenant: &Tenant) -> Tenant {
    admin::tenant::show(&house.parts, &tenant.slug).await.unwrap()
}
