//! Mail by SES.
//!
//! SES has no token by which it knows a repeat, so what was sent is noted in a table. A mail is claimed, sent, and noted as
//! sent; who finds it claimed leaves it. A claim whose holder stopped half-way, or never heard whether SES took the mail,
//! runs out after [`LEASE`], and the mail is sent again: it may then arrive twice, but not never.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_sesv2::{
    Client,
    types::{Body, Content, Destination, EmailContent, Message, MessageTag},
};
use bytes::Bytes;
use kernel::{
    ids::MailId,
    ports::{
        clock::Clock,
        mailer::{Mail, MailError, MailKind, Mailer},
        random::RandomSource,
        table::{CommitError, Condition, Item, Key, NewItem, Table, TableError, Write},
    },
    text::Email,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use crate::{
    fault::Fault,
    retry::{self, RetryPolicy},
};

/// The time that other processes respect a claim. Sending takes 15 seconds at most; a process that takes over a run has
/// its last try some 45 seconds after that, and must not find the claim any more.
pub const LEASE: Duration = Duration::from_secs(20);
/// What was sent is remembered for 30 days.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct Options {
    /// Another endpoint than the region's.
    pub endpoint: Option<String>,
    /// The address that mail comes from: one that SES has verified, or of a domain that it has.
    pub from: String,
    /// The configuration set that bounces and complaints are reported by.
    pub configuration_set: Option<String>,
    /// No retry begins this long after the first attempt.
    pub retry_for: Duration,
}

impl Options {
    pub fn from(from: impl Into<String>) -> Self {
        Self { endpoint: None, from: from.into(), configuration_set: None, retry_for: retry::MAX_DURATION }
    }
}

/// Sends mail, each once.
pub struct SesMailer {
    client: Client,
    retry: RetryPolicy,
    from: String,
    configuration_set: Option<String>,
    /// Where it is noted what was sent.
    notes: Arc<dyn Table>,
    clock: Arc<dyn Clock>,
}

/// What is noted of a mail: never its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
enum Note {
    Claimed {
        /// Second since the Unix epoch after which another may send it.
        until: i64,
    },
    Sent,
}

impl SesMailer {
    pub fn new(
        config: &SdkConfig,
        options: Options,
        notes: Arc<dyn Table>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn RandomSource>,
    ) -> Self {
        let Options { endpoint, from, configuration_set, retry_for } = options;
        let mut builder = aws_sdk_sesv2::config::Builder::from(config);
        builder.set_endpoint_url(endpoint);
        let client = Client::from_conf(builder.build());
        Self { client, retry: RetryPolicy::new(rng, retry_for), from, configuration_set, notes, clock }
    }

    /// Claims a mail for this call, and answers the claim's version; `None` if it was sent before.
    async fn claim(&self, id: MailId) -> Result<Option<u64>, MailError> {
        let now = self.clock.now().as_second();
        let claimed = Note::Claimed { until: now + LEASE.as_secs().cast_signed() };
        let found = match self.notes.commit(vec![self.write(id, claimed, Condition::Absent)]).await {
            Ok(()) => return Ok(Some(1)),
            Err(CommitError::Refused { current: Some(found), .. }) => found,
            Err(CommitError::Refused { current: None, .. }) => return Err(busy()),
            Err(CommitError::Table(error)) => return Err(unnoted(error)),
        };
        match note(&found)? {
            Note::Sent => Ok(None),
            Note::Claimed { until } if until >= now => Err(busy()),
            Note::Claimed { .. } => {
                let write = self.write(id, claimed, Condition::Version(found.version));
                match self.notes.commit(vec![write]).await {
                    Ok(()) => Ok(Some(found.version + 1)),
                    Err(CommitError::Refused { .. }) => Err(busy()),
                    Err(CommitError::Table(error)) => Err(unnoted(error)),
                }
            }
        }
    }

    async fn mark_sent(&self, id: MailId, claim: u64) {
        if let Err(error) = self.notes.commit(vec![self.write(id, Note::Sent, Condition::Version(claim))]).await {
            // The mail is sent: a retry after the claim has expired sends it a second time.
            tracing::warn!(mail.id = %id, %error, "a mail was sent, and could not be noted as sent");
        }
    }

    async fn release(&self, id: MailId, claim: u64) {
        let write = Write::Delete { key: key(id), when: Condition::Version(claim) };
        if let Err(error) = self.notes.commit(vec![write]).await {
            tracing::warn!(mail.id = %id, %error, "a mail that was not sent stays claimed for a while");
        }
    }

    fn write(&self, id: MailId, note: Note, when: Condition) -> Write {
        let body = Bytes::from(serde_json::to_vec(&note).expect("a note is JSON"));
        let expires = Some(self.clock.now().as_second() + KEPT_SECONDS);
        Write::Put { item: NewItem { key: key(id), index: [None, None, None], expires, body }, when }
    }

    async fn request(&self, mail: &Mail) -> Result<(), Fault> {
        let text = |text: &str| Content::builder().data(text).charset("UTF-8").build().expect("the text is given");
        let tag = |name: &str, value: String| {
            MessageTag::builder().name(name).value(value).build().expect("name and value are given")
        };
        let body = Body::builder().text(text(mail.text.expose_secret())).build();
        let message = Message::builder().subject(text(&mail.subject)).body(body).build();
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().to_addresses(in_ascii(&mail.to)).build())
            .content(EmailContent::builder().simple(message).build())
            .email_tags(tag("kind", kind(mail.kind).to_owned()))
            .email_tags(tag("mail", mail.id.to_string()))
            // By it the report of a bounce is led back to the user.
            .email_tags(tag("account", mail.account.to_string()))
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await;
        sent.map(drop).map_err(|error| Fault::of(&error))
    }
}

#[async_trait]
impl Mailer for SesMailer {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let begun = self.clock.now().as_second();
        let Some(claim) = self.claim(mail.id).await? else { return Ok(()) };
        // After a delay, another process may have sent it.
        if self.clock.now().as_second() >= begun + LEASE.as_secs().cast_signed() {
            return Err(busy());
        }
        match self.retry.repeat_unmade(|| self.request(&mail)).await {
            Ok(()) => {
                self.mark_sent(mail.id, claim).await;
                Ok(())
            }
            Err(fault) => {
                if fault.changed_nothing() {
                    self.release(mail.id, claim).await;
                }
                Err(mail_error(fault))
            }
        }
    }
}

fn key(id: MailId) -> Key {
    Key::new(format!("MAIL#{id}"), "DELIVERY")
}

/// SES takes domains in ASCII alone.
fn in_ascii(address: &str) -> String {
    Email::try_from(address).map_or_else(|_| address.to_owned(), |address| address.ascii().into_owned())
}

fn note(item: &Item) -> Result<Note, MailError> {
    serde_json::from_slice(&item.body).map_err(|error| unnoted(TableError::Damaged(error.to_string())))
}

const fn kind(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Invitation => "invitation",
        MailKind::PasswordReset => "password-reset",
        MailKind::EmailChange => "email-change",
        MailKind::EmailChanged => "email-changed",
        MailKind::LicenseReminder => "license-reminder",
        MailKind::InvitationExpired => "invitation-expired",
    }
}

fn busy() -> MailError {
    MailError::Unavailable("the same mail is being sent".into())
}

fn unnoted(error: TableError) -> MailError {
    MailError::Unavailable(match error {
        TableError::Unavailable(error) => error,
        TableError::Full | TableError::Damaged(_) | TableError::Invalid(_) => error.to_string().into(),
    })
}

fn mail_error(fault: Fault) -> MailError {
    match fault {
        Fault::Rejected | Fault::Malformed | Fault::NotFound => MailError::Refused(fault.external_error("SES")),
        Fault::Throttled
        | Fault::Conflict
        | Fault::Underway
        | Fault::TimedOut
        | Fault::Unreachable
        | Fault::Internal
        | Fault::Garbled
        | Fault::InUse
        | Fault::Quota
        | Fault::Paused
        | Fault::Refused
        | Fault::NoSuchUser
        | Fault::Policy
        | Fault::Trigger
        | Fault::NoCredentials
        | Fault::UnknownCredentials
        | Fault::Expired
        | Fault::Signature
        | Fault::Clock
        | Fault::Denied
        | Fault::KeyDenied
        | Fault::KeyDisabled
        | Fault::KeyUnusable
        | Fault::KeyMissing
        | Fault::Unknown => MailError::Unavailable(fault.external_error("SES")),
    }
}
