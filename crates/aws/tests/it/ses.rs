//! The mailer against moto.
//!
//! What moto does otherwise than SES: it takes an identity for verified as soon as it is made, knows no sandbox of
//! recipients, and delivers nothing: what it took stands in its own account of itself.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws::{
    connect::Limits,
    ses::{LEASE, Options, SesMailer},
};
use aws_sdk_sesv2::Client;
use jiff::SignedDuration;
use kernel::ports::{
    mailer::{MailError, Mailer},
    table::{Table, TableName, Tables as _},
};
use serde_json::Value;
use testkit::{
    clock::FakeClock,
    conformance::mailer::{self, Inbox, Received, arrived, mail},
    memory::MemoryTables,
};

use crate::emulator::{Emulator, Lossy, Shared, connection, moto};

const FROM: &str = "no-reply@example.com";

/// What moto has taken, from a count on.
struct Taken {
    endpoint: String,
    from: usize,
}

impl Taken {
    async fn since_now(endpoint: String) -> Self {
        let from = Self { endpoint: endpoint.clone(), from: 0 }.received().await.len();
        Self { endpoint, from }
    }
}

#[async_trait]
impl Inbox for Taken {
    async fn received(&self) -> Vec<Received> {
        let url = format!("{}/moto-api/data.json", self.endpoint);
        let all: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let messages = all["ses"]["Message"].as_array().cloned().unwrap_or_default();
        let received = messages.iter().skip(self.from).map(|message| {
            assert_eq!(message["source"], FROM);
            let to = text(&message["destinations"]["ToAddresses"][0]);
            Received { to, subject: text(&message["subject"]), text: text(&message["body"]) }
        });
        received.collect()
    }
}

async fn verify(emulator: &Emulator) {
    let config = connection(Limits::default()).await;
    let config = aws_sdk_sesv2::config::Builder::from(&config).endpoint_url(emulator.endpoint()).build();
    Client::from_conf(config).create_email_identity().email_identity(FROM).send().await.unwrap();
}

async fn notes() -> Arc<dyn Table> {
    MemoryTables::default().create(&TableName::shared()).await.unwrap()
}

async fn mailer(endpoint: String, clock: Arc<FakeClock>) -> SesMailer {
    let options = Options { endpoint: Some(endpoint), ..Options::from(FROM) };
    SesMailer::new(&connection(Limits::default()).await, options, notes().await, clock, Arc::new(Shared))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conforms() {
    let emulator = moto().await;
    verify(&emulator).await;
    let count = mailer::check(async || {
        let mailer = mailer(emulator.endpoint(), Arc::default()).await;
        let inbox = Taken::since_now(emulator.endpoint()).await;
        (Arc::new(mailer) as Arc<dyn Mailer>, Arc::new(inbox) as Arc<dyn Inbox>)
    })
    .await;
    println!("SES mail: {count} cases");
}

#[tokio::test]
async fn a_mail_that_was_refused_can_be_sent_later() {
    let emulator = moto().await;
    let mailer = mailer(emulator.endpoint(), Arc::default()).await;
    let refused = mailer.send(mail(1)).await;
    assert!(matches!(refused, Err(MailError::Refused(_))), "{refused:?}");
    verify(&emulator).await;
    mailer.send(mail(1)).await.unwrap();
    assert_eq!(Taken { endpoint: emulator.endpoint(), from: 0 }.received().await, [arrived(1)]);
}

#[tokio::test]
async fn a_mail_that_may_be_out_is_sent_again_when_its_claim_has_run_out() {
    let emulator = moto().await;
    verify(&emulator).await;
    let lossy = Lossy::before(&emulator).await;
    let clock = Arc::new(FakeClock::default());
    let mailer = mailer(lossy.endpoint(), Arc::clone(&clock)).await;
    lossy.lose(1);
    for _ in 0..2 {
        // First the lost answer, then the claim that nobody gave back.
        let unsure = mailer.send(mail(1)).await;
        assert!(matches!(unsure, Err(MailError::Unavailable(_))), "{unsure:?}");
    }
    let inbox = Taken { endpoint: emulator.endpoint(), from: 0 };
    assert_eq!(inbox.received().await, [arrived(1)]);
    clock.advance(SignedDuration::try_from(LEASE + Duration::from_secs(1)).unwrap());
    for _ in 0..2 {
        mailer.send(mail(1)).await.unwrap();
    }
    assert_eq!(inbox.received().await, [arrived(1), arrived(1)]);
}

#[tokio::test]
async fn what_is_noted_of_a_mail_is_not_its_text() {
    let emulator = moto().await;
    verify(&emulator).await;
    let tables = MemoryTables::default();
    let table = tables.create(&TableName::shared()).await.unwrap();
    let options = Options { endpoint: Some(emulator.endpoint()), ..Options::from(FROM) };
    let clock = Arc::new(FakeClock::default());
    let config = connection(Limits::default()).await;
    let mailer = SesMailer::new(&config, options, table, clock, Arc::new(Shared));
    mailer.send(mail(1)).await.unwrap();
    let noted = tables.dump_of(&TableName::shared());
    let bodies: Vec<&[u8]> = noted.iter().map(|item| &*item.body).collect();
    assert_eq!(bodies, [br#"{"state":"sent"}"#]);
}
