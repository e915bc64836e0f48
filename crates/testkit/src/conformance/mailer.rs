//! What every adapter of the mailer must pass, judged by what arrives.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use plane::{
    ids::{AccountId, MailId},
    ports::mailer::{Mail, MailError, MailKind, Mailer},
};
use secrecy::SecretString;

use super::{cases, run, settled};
use crate::random::SeededRandom;

/// Where mail arrives.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// All that has arrived, in any order.
    async fn received(&self) -> Vec<Received>;
}

/// A mail as it arrived.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Received {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// A mailer, and where its mail arrives.
pub type Post = (Arc<dyn Mailer>, Arc<dyn Inbox>);

/// Runs every case on a mailer with an empty inbox and answers how many there were.
pub async fn check<Made>(make: impl Fn() -> Made) -> usize
where
    Made: Future<Output = Post>,
{
    run(cases(), make).await
}

/// A mail of its own kind of subject; equal numbers give equal ids.
pub fn mail(number: u64) -> Mail {
    let at = Timestamp::from_second(1_780_315_200).expect("a moment of 2026");
    Mail {
        id: MailId::new(at, &SeededRandom::new(number)),
        account: AccountId::new(at, &SeededRandom::new(0)),
        kind: MailKind::Invitation,
        to: format!("ada{number}@example.com"),
        subject: format!("Mail {number}"),
        text: SecretString::from(format!("The link of mail {number}: https://example.com/?token=t{number}")),
        at,
    }
}

/// The mail of that number, as it arrives.
pub fn arrived(number: u64) -> Received {
    Received {
        to: format!("ada{number}@example.com"),
        subject: format!("Mail {number}"),
        text: format!("The link of mail {number}: https://example.com/?token=t{number}"),
    }
}

async fn receives(inbox: &Arc<dyn Inbox>, expected: &[Received]) {
    let sorted = async || {
        let mut received = inbox.received().await;
        received.sort();
        received
    };
    assert_eq!(settled(sorted, |received| received == expected).await, expected);
}

cases! { Post;
    arrives_whole(post) {
        post.0.send(mail(1)).await.unwrap();
        receives(&post.1, &[arrived(1)]).await;
    }
    two_mails_arrive(post) {
        post.0.send(mail(1)).await.unwrap();
        post.0.send(mail(2)).await.unwrap();
        receives(&post.1, &[arrived(1), arrived(2)]).await;
    }
    asked_again_is_sent_once(post) {
        for _ in 0..3 {
            post.0.send(mail(1)).await.unwrap();
        }
        post.0.send(mail(2)).await.unwrap();
        receives(&post.1, &[arrived(1), arrived(2)]).await;
    }
    text_beyond_ascii_arrives(post) {
        let unusual = Mail {
            subject: "Willkommen, Zoë 漢字".into(),
            text: SecretString::from("Zeile 1\nZeile 2: \u{1f980} „ä“\n"),
            ..mail(1)
        };
        post.0.send(unusual).await.unwrap();
        let expected = Received {
            subject: "Willkommen, Zoë 漢字".into(),
            text: "Zeile 1\nZeile 2: \u{1f980} „ä“\n".into(),
            ..arrived(1)
        };
        receives(&post.1, &[expected]).await;
    }
    racing_sends_of_one_mail_send_it_once(post) {
        let sends = (0..8).map(|_| {
            let mailer = Arc::clone(&post.0);
            tokio::spawn(async move { mailer.send(mail(1)).await })
        });
        let mut sent = 0;
        for send in sends.collect::<Vec<_>>() {
            match send.await.unwrap() {
                Ok(()) => sent += 1,
                // Another is at it.
                Err(MailError::Unavailable(_)) => {}
                Err(MailError::Refused(why)) => panic!("{why}"),
            }
        }
        assert!(sent >= 1);
        receives(&post.1, &[arrived(1)]).await;
    }
}
