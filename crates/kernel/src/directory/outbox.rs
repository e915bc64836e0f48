//! Mails as the outbox stores them and as operators read them.

use jiff::Timestamp;
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, MailId},
    kinds::RecordKind,
    ports::{
        mailer::{Mail, MailKind},
        random::RandomSource,
        table::Key,
    },
    record::{Record, RecordKeys},
    secret::PlatformKey,
};

/// A mail that was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutboxMail {
    pub id: MailId,
    pub account_id: AccountId,
    pub kind: MailKind,
    pub to: String,
    pub subject: String,
    /// The whole text, with its one-time link or code.
    pub text: String,
    pub at: Timestamp,
}

/// A mail as it is stored. The platform key encrypts its text, because that can carry a one-time link or code.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredMail {
    pub id: MailId,
    pub account_id: AccountId,
    pub kind: MailKind,
    pub to: String,
    pub subject: String,
    #[serde(flatten)]
    text: StoredText,
    pub at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum StoredText {
    SealedText(String),
    /// Written by earlier versions.
    #[serde(rename = "text")]
    Plain(String),
}

/// What the texts of mails are sealed for.
const PURPOSE: &str = "outbox";

impl StoredMail {
    /// The partition of `Gsi3` that holds all mails, by time.
    pub const BY_TIME: &'static str = "MAIL";
    /// How long a mail is kept: 30 days.
    const KEPT_SECONDS: i64 = 30 * 24 * 3600;

    /// Encrypts the text of a mail.
    pub fn seal(mail: Mail, key: &PlatformKey, rng: &dyn RandomSource) -> Self {
        let Mail { id, account, kind, to, subject, text, at } = mail;
        let text = StoredText::SealedText(key.seal(PURPOSE, &id.to_string(), &text, rng));
        Self { id, account_id: account, kind, to, subject, text, at }
    }

    /// The mail with its text. A text that another platform key encrypted can't be read, and says so.
    pub fn open(self, key: &PlatformKey) -> OutboxMail {
        let Self { id, account_id, kind, to, subject, text, at } = self;
        let text = match text {
            StoredText::Plain(text) => text,
            StoredText::SealedText(sealed) => {
                let opened = key.unseal(PURPOSE, &id.to_string(), &sealed);
                let unreadable = || SecretString::from("(another platform key encrypted this text)");
                opened.unwrap_or_else(unreadable).expose_secret().to_owned()
            }
        };
        OutboxMail { id, account_id, kind, to, subject, text, at }
    }
}

impl Record for StoredMail {
    const NOUN: &'static str = "mail";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "MAIL#", "MAIL").secret(&["sealedText", "text"]);

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Key::new(format!("MAIL#{}", self.id), "MAIL"))
            .by_status(Key::new(Self::BY_TIME, format!("{}#{}", self.at, self.id)))
            .until(self.at.as_second() + Self::KEPT_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    struct Fixed;

    impl RandomSource for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(5);
        }
    }

    fn mail() -> Mail {
        Mail {
            id: MailId::from_uuid(Uuid::from_u128(1)),
            account: AccountId::from_uuid(Uuid::from_u128(2)),
            kind: MailKind::Invitation,
            to: "ada@acme.example".into(),
            subject: "Your invitation".into(),
            text: "https://freehold.example/accept-invitation#token=very-secret".into(),
            at: "2026-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    #[test]
    fn links_are_stored_encrypted_and_read_back() {
        let key = PlatformKey::new(&[7; 32]);
        let stored = serde_json::to_string(&StoredMail::seal(mail(), &key, &Fixed)).unwrap();
        assert!(!stored.contains("very-secret") && stored.contains("ada@acme.example"), "{stored}");
        let read = |key: &PlatformKey| serde_json::from_str::<StoredMail>(&stored).unwrap().open(key).text;
        assert!(read(&key).ends_with("#token=very-secret"));
        assert_eq!(read(&PlatformKey::new(&[8; 32])), "(another platform key encrypted this text)");
    }

    #[test]
    fn mails_that_earlier_versions_stored_can_still_be_read() {
        let mut stored = serde_json::to_value(StoredMail::seal(mail(), &PlatformKey::new(&[7; 32]), &Fixed)).unwrap();
        let fields = stored.as_object_mut().unwrap();
        fields.remove("sealedText");
        fields.insert("text".into(), json!("plain"));
        let stored: StoredMail = serde_json::from_value(Value::Object(fields.clone())).unwrap();
        assert_eq!(stored.open(&PlatformKey::new(&[1; 32])).text, "plain");
    }
}
