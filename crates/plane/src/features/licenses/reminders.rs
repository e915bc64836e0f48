//! Reminders of renewals: one mail for each license and last day.

use jiff::Timestamp;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::model::{Contact, License, NoticeDays};
use crate::{
    change::Change,
    day::Day,
    guard::{Granted, actions::LicenseEdit},
    ids::{AccountId, LicenseId, MailId},
    kinds::RecordKind,
    plane::Plane,
    ports::{
        mailer::{Mail, MailKind},
        table::{Index, Key, Order, Query, Range},
    },
    problem::{Code, Problem, Result},
    record::{Place, Record, decode, tenant_key},
    system::SystemTask,
};

/// What a round of reminders did.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reminded {
    /// Licenses whose notice period has begun.
    due: u32,
    sent: u32,
    /// The contact was reminded of this last day before.
    already_sent: u32,
    without_contact: u32,
    failed: Vec<FailedReminder>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FailedReminder {
    account_id: AccountId,
    license_id: LicenseId,
    reason: String,
}

/// That a contact was reminded of a last day.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reminder {
    account_id: AccountId,
    license_id: LicenseId,
    end_date: Day,
    sent_at: Timestamp,
}

impl Reminder {
    fn key(license: &License) -> Key {
        tenant_key(license.account_id, "REMINDER", format_args!("{}#{}", license.id, license.end_date))
    }
}

impl Record for Reminder {
    const NOUN: &'static str = "reminder";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "REMINDER#").internal();

    fn place(&self) -> Place {
        Place::at(tenant_key(self.account_id, "REMINDER", format_args!("{}#{}", self.license_id, self.end_date)))
    }
}

enum Outcome {
    Sent,
    AlreadySent,
    WithoutContact,
}

impl Plane {
    /// Reminds the contacts whose notice period has begun: of every account and enterprise, or of those that are named.
    pub(super) async fn send_reminders(&self, who: &Granted<LicenseEdit>) -> Result<Reminded> {
        let only = (who.account() != who.actor().account()).then(|| who.account());
        let today: Day = self.clock().today();
        let last = today.plus(NoticeDays::MOST);
        let mut query = Query {
            index: Index::Gsi3,
            pk: License::BY_END.into(),
            // "~" comes after every character of an id.
            range: Range::Between(today.to_string(), format!("{last}#~")),
            order: Order::Ascending,
            limit: 200,
            after: None,
        };
        let mut reminded = Reminded::default();
        loop {
            let rows = self.system(SystemTask::Reminders).query(&query).await?;
            for item in &rows.items {
                let license = decode::<License>(item)?.record;
                let asked_for = only.is_none_or(|account| account == license.account_id)
                    && who.enterprise().is_none_or(|enterprise| enterprise == license.enterprise_id);
                if license.reminds_on(today) && asked_for {
                    reminded.due += 1;
                    self.remind(who, &license, &mut reminded).await;
                }
            }
            query.after = rows.next;
            if query.after.is_none() {
                return Ok(reminded);
            }
        }
    }

    async fn remind(&self, who: &Granted<LicenseEdit>, license: &License, reminded: &mut Reminded) {
        match self.remind_once(who, license).await {
            Ok(Outcome::Sent) => reminded.sent += 1,
            Ok(Outcome::AlreadySent) => reminded.already_sent += 1,
            Ok(Outcome::WithoutContact) => reminded.without_contact += 1,
            Err(problem) => reminded.failed.push(FailedReminder {
                account_id: license.account_id,
                license_id: license.id,
                reason: problem.operator_detail().to_owned(),
            }),
        }
    }

    /// Sends first and notes it after: a crash between is made up for by the mail's id, which is sent once.
    async fn remind_once(&self, who: &Granted<LicenseEdit>, license: &License) -> Result<Outcome> {
        let Some(contact) = &license.contact else { return Ok(Outcome::WithoutContact) };
        if self.is_reminded(license).await? {
            return Ok(Outcome::AlreadySent);
        }
        let sent = self.ports().mailer.send(mail(license, contact, self.now())).await;
        sent.map_err(|error| Problem::new(Code::Unavailable, error.to_string()))?;
        let change = Change::by(who).for_account(license.account_id).about(License::NOUN, license.id);
        let mut change = change.in_enterprise(license.enterprise_id);
        change.write_or(
            crate::record::create(&Reminder {
                account_id: license.account_id,
                license_id: license.id,
                end_date: license.end_date,
                sent_at: self.now(),
            }),
            Problem::new(Code::Conflict, "the reminder was sent meanwhile"),
        );
        match self.commit(change).await {
            Ok(()) => Ok(Outcome::Sent),
            // Another process was faster if its note is there now.
            Err(problem) if problem.code == Code::Conflict && self.is_reminded(license).await? => {
                Ok(Outcome::AlreadySent)
            }
            Err(problem) => Err(problem),
        }
    }

    async fn is_reminded(&self, license: &License) -> Result<bool> {
        Ok(self.system(SystemTask::Reminders).get(&Reminder::key(license)).await?.is_some())
    }
}

fn mail(license: &License, contact: &Contact, at: Timestamp) -> Mail {
    let License { id, account_id, end_date, .. } = license;
    let text = format!(
        "Hello {},\n\nyour license {id} for {} users ends after {end_date}.\nPlease renew it before then, so that \
         its users can go on working.\n",
        contact.name,
        license.number_of_users.get(),
    );
    Mail {
        id: MailId::derived(id.uuid(), &format!("license-reminder/{end_date}")),
        account: *account_id,
        kind: MailKind::LicenseReminder,
        to: contact.email.as_str().to_owned(),
        subject: format!("Your license ends after {end_date}"),
        text: SecretString::from(text),
        at,
    }
}
