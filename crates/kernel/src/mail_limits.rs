//! Counts the mails that people cause, per day (UTC): of an account to one recipient, by one sender, for one account.
//!
//! INVARIANT: a mail is counted before it is sent, in one commit over all its counters: if one is full, none increases.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Kernel,
    ids::{AccountId, UserId},
    kinds::RecordKind,
    ports::table::{CommitError, Condition, Is, Key, Write},
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys, create, decode},
    secret::digest,
};

/// The kinds of record that count mails.
pub(crate) const KINDS: &[RecordKind] = &[MailCounter::DECLARED];

/// How many times a commit that lost a race is tried.
const MAX_ATTEMPTS: usize = 8;
const DAY_SECONDS: i64 = 24 * 3600;

/// The most mails in a day; 0: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailLimits {
    pub per_recipient: u32,
    pub per_sender: u32,
    pub per_account: u32,
    /// Seconds between two invitations of one user.
    pub pause_seconds: u32,
}

impl Default for MailLimits {
    fn default() -> Self {
        Self { per_recipient: 10, per_sender: 500, per_account: 2000, pause_seconds: 60 }
    }
}

/// The recipient, sender and account of a mail.
#[derive(Clone, Copy, Debug)]
pub struct CountedMail<'a> {
    pub recipient: &'a str,
    pub sender: UserId,
    pub account: AccountId,
}

/// The mails of one day, of one recipient, sender or account.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct MailCounter {
    /// What is counted, such as `sender#<id>`; recipients by a digest.
    subject: String,
    /// Days since the Unix epoch.
    day: i64,
    count: u32,
}

impl MailCounter {
    fn key(subject: &str, day: i64) -> Key {
        Key::new(format!("MAILS#{subject}"), format!("DAY#{day}"))
    }
}

impl Record for MailCounter {
    const NOUN: &'static str = "counter of mails";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "MAILS#", "DAY#");

    fn place(&self) -> RecordKeys {
        RecordKeys::at(Self::key(&self.subject, self.day)).until((self.day + 2) * DAY_SECONDS)
    }
}

/// A counter with its limit, and the refusal where it is full.
struct Limited {
    subject: String,
    limit: u32,
    /// Who is full, as the beginning of a sentence.
    full: &'static str,
}

impl Kernel {
    /// Counts a mail that is about to be sent, or refuses it until the next day.
    pub async fn count_mail(&self, mail: CountedMail<'_>) -> Result<()> {
        let limits = self.settings().mail_limits;
        let recipient = digest(&mail.recipient.to_lowercase());
        let counters = [
            Limited {
                // For each account, so that none uses up the others' share, or learns of it.
                subject: format!("recipient#{recipient}#{}", mail.account),
                limit: limits.per_recipient,
                full: "this account has sent this address",
            },
            Limited { subject: format!("sender#{}", mail.sender), limit: limits.per_sender, full: "you have sent" },
            Limited {
                subject: format!("account#{}", mail.account),
                limit: limits.per_account,
                full: "the account has sent",
            },
        ];
        let counters: Vec<Limited> = counters.into_iter().filter(|counter| counter.limit > 0).collect();
        if counters.is_empty() {
            return Ok(());
        }
        let table = self.router().shared();
        for _ in 0..MAX_ATTEMPTS {
            let now = self.now();
            let day = now.as_second().div_euclid(DAY_SECONDS);
            let keys: Vec<Key> = counters.iter().map(|counter| MailCounter::key(&counter.subject, day)).collect();
            let found = table.batch_get(&keys).await?;
            let mut writes = Vec::with_capacity(counters.len());
            for ((counter, key), found) in counters.iter().zip(keys).zip(found) {
                let Some(found) = found else {
                    writes.push(create(&MailCounter { subject: counter.subject.clone(), day, count: 1 }));
                    continue;
                };
                if decode::<MailCounter>(&found)?.count >= counter.limit {
                    return Err(too_many(counter, now));
                }
                let when = Condition::field("count", Is::Less, counter.limit);
                writes.push(Write::Add { key, field: "count", by: 1, when });
            }
            match table.commit(writes).await {
                Ok(()) => return Ok(()),
                // Another mail was counted first: look again.
                Err(CommitError::Refused { .. }) => {}
                Err(CommitError::Table(error)) => return Err(error.into()),
            }
        }
        Err(Problem::new(Code::Unavailable, "many mails are being sent at once; try again").retry_after(1))
    }
}

fn too_many(counter: &Limited, now: Timestamp) -> Problem {
    let midnight = (now.as_second().div_euclid(DAY_SECONDS) + 1) * DAY_SECONDS;
    let wait = u64::try_from(midnight - now.as_second()).unwrap_or_default();
    let problem = format!("{} {} mails today, which is the limit", counter.full, counter.limit);
    Problem::new(Code::TooManyRequests, problem).retry_after(wait)
}

/// How a mail greets a person.
pub fn greeting(name: &str) -> String {
    plain_name(name).map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"))
}

/// A name as a mail shows it. `None`: it could be taken for a message or a link, and the person who gets the mail does not
/// know who chose it.
pub fn plain_name(name: &str) -> Option<&str> {
    const MAX_CHARS: usize = 40;
    const MAX_WORDS: usize = 4;
    let is_plain = |character: char| {
        character.is_alphabetic()
            || matches!(character, ' ' | '\'' | '’' | '-' | '\u{200c}' | '\u{200d}')
            || is_mark(character)
    };
    let plain = name.chars().count() <= MAX_CHARS && name.split(' ').count() <= MAX_WORDS && name.chars().all(is_plain);
    plain.then_some(name)
}

/// Vowel signs and other marks, which some scripts write names with.
fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_greeting_carries_a_message_or_a_link() {
        for name in ["Ada", "Anne-Marie", "O’Neil", "José María", "नरेंद्र", "Łukasz", "von der Leyen"]
        {
            assert_eq!(greeting(name), format!("Hello {name},"));
        }
        for name in [
            "Customer, your account is blocked: sign in at https://evil.example/now",
            "evil.example",
            "www.evil.example",
            "<b>Ada</b>",
            "Ada@evil.example",
            "call 555 0100",
            "your account is blocked call now",
            "Pay\u{2024}example",
            "Adaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(greeting(name), "Hello,", "{name}");
        }
    }
}
