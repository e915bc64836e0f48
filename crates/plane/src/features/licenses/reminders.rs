//! Reminders of renewals: one mail for each license, last day and address.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::model::{Contact, License, NoticeDays};
use crate::{
    audit::Author,
    change::Change,
    day::Day,
    directory::account::{Account, AccountStatus},
    event_kinds::Reference,
    guard::{Granted, actions::LicenseEdit},
    ids::{AccountId, EnterpriseId, LicenseId, MailId},
    jobs::{Job, JobCounts},
    kinds::RecordKind,
    plane::Plane,
    ports::{
        mailer::{Mail, MailKind},
        table::{Index, Key, Query, Range},
    },
    problem::{Code, Problem, Result},
    record::{Record, RecordKeys, TenantRecord as _, decode, tenant_key},
    secret::digest,
    system::SystemTask,
};

/// What a round of reminders did.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Reminded")]
pub(super) struct ReminderCounts {
    /// Licenses whose notice period has begun.
    due: u32,
    sent: u32,
    /// The contact was reminded of this last day before.
    already_sent: u32,
    without_contact: u32,
    /// Another license of the account follows without a gap.
    renewed: u32,
    /// The account is not active, for example because it is being removed.
    account_inactive: u32,
    failed: Vec<FailedReminder>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FailedReminder {
    account_id: AccountId,
    license_id: LicenseId,
    reason: String,
}

/// That an address was reminded of a last day.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reminder {
    account_id: AccountId,
    license_id: LicenseId,
    end_date: Day,
    sent_at: Timestamp,
    /// A digest of the address. Reminders of earlier versions have none, and count for every address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

impl Reminder {
    fn key(&self) -> Key {
        let Self { account_id, license_id, end_date, address, .. } = self;
        match address {
            Some(address) => tenant_key(*account_id, "REMINDER", format_args!("{license_id}#{end_date}#{address}")),
            None => tenant_key(*account_id, "REMINDER", format_args!("{license_id}#{end_date}")),
        }
    }

    fn of(license: &License, contact: &Contact, sent_at: Timestamp) -> Self {
        Self {
            account_id: license.account_id,
            license_id: license.id,
            end_date: license.end_date,
            sent_at,
            address: Some(address_digest(contact)),
        }
    }

    /// The reminder as earlier versions noted it.
    fn of_any_address(self) -> Self {
        Self { address: None, ..self }
    }
}

/// Addresses that differ in case alone are one.
fn address_digest(contact: &Contact) -> String {
    digest(&contact.email.as_str().to_lowercase())[..32].to_owned()
}

impl Record for Reminder {
    const NOUN: &'static str = "reminder";
    const DECLARED: RecordKind = RecordKind::of_account(Self::NOUN, "REMINDER#").internal();

    fn place(&self) -> RecordKeys {
        RecordKeys::at(self.key())
    }
}

/// The job that sends reminders.
pub(super) const JOB: &str = "license-reminders";

/// Sends reminders, each hour.
pub(super) fn job(plane: &Plane) -> Job {
    let plane = plane.clone();
    let summary = "Remind the contacts of licenses whose notice period has begun";
    Job::new(JOB, summary, SignedDuration::from_hours(1), move || {
        let plane = plane.clone();
        async move { remind_all(&plane).await }
    })
}

async fn remind_all(plane: &Plane) -> Result<JobCounts> {
    let reminded = send(plane, &Sender::Job, None, None).await?;
    if let Some(first) = reminded.failed.first() {
        let (failed, reason) = (reminded.failed.len(), &first.reason);
        let detail =
            format!("{failed} reminders could not be sent, the first of license {}: {reason}", first.license_id);
        return Err(Problem::new(Code::Unavailable, detail));
    }
    let ReminderCounts { due, sent, already_sent, without_contact, renewed, account_inactive, failed: _ } = reminded;
    let counts = [
        ("due", due),
        ("sent", sent),
        ("alreadySent", already_sent),
        ("withoutContact", without_contact),
        ("renewed", renewed),
        ("accountInactive", account_inactive),
    ];
    Ok(counts.into_iter().map(|(name, count)| (name.to_owned(), u64::from(count))).collect::<BTreeMap<_, _>>())
}

enum Outcome {
    Sent,
    AlreadySent,
    WithoutContact,
    Renewed,
    AccountInactive,
}

/// Who has reminders sent.
enum Sender<'a> {
    Operator(&'a Granted<LicenseEdit>),
    Job,
}

impl Sender<'_> {
    fn change(&self, license: &License) -> Change {
        let change = match self {
            Self::Operator(who) => Change::by(who).for_account(license.account_id),
            Self::Job => Change::by_platform(Author::System { name: JOB.into() }, "license_remind", license.account_id),
        };
        change.about(License::NOUN, license.id).in_enterprise(license.enterprise_id)
    }
}

impl Plane {
    /// Reminds the contacts whose notice period has begun: of every account and enterprise, or of those that are named.
    pub(super) async fn send_reminders(&self, who: &Granted<LicenseEdit>) -> Result<ReminderCounts> {
        let only = (who.account() != who.actor().account()).then(|| who.account());
        send(self, &Sender::Operator(who), only, who.enterprise()).await
    }
}

async fn send(
    plane: &Plane,
    sender: &Sender<'_>,
    account: Option<AccountId>,
    enterprise: Option<EnterpriseId>,
) -> Result<ReminderCounts> {
    let today: Day = plane.clock().today();
    let last = today.plus(NoticeDays::MOST);
    let table = plane.system(SystemTask::Reminders);
    // "~" comes after every character of an id.
    let noticed = Range::Between(today.to_string(), format!("{last}#~"));
    let mut pages = table.pages(Query::ascending(Index::Gsi3, License::BY_END, noticed));
    let mut reminded = ReminderCounts::default();
    while let Some(items) = pages.next().await? {
        for item in &items {
            let license = decode::<License>(item)?.record;
            let asked_for = account.is_none_or(|account| account == license.account_id)
                && enterprise.is_none_or(|enterprise| enterprise == license.enterprise_id);
            if license.reminds_on(today) && asked_for {
                reminded.count(&license, remind_once(plane, sender, &license).await);
            }
        }
    }
    Ok(reminded)
}

impl ReminderCounts {
    fn count(&mut self, license: &License, outcome: Result<Outcome>) {
        self.due += 1;
        match outcome {
            Ok(Outcome::Sent) => self.sent += 1,
            Ok(Outcome::AlreadySent) => self.already_sent += 1,
            Ok(Outcome::WithoutContact) => self.without_contact += 1,
            Ok(Outcome::Renewed) => self.renewed += 1,
            Ok(Outcome::AccountInactive) => self.account_inactive += 1,
            Err(problem) => self.failed.push(FailedReminder {
                account_id: license.account_id,
                license_id: license.id,
                reason: problem.operator_detail().to_owned(),
            }),
        }
    }
}

/// Sends the mail first and notes it afterwards. After a crash in between it is sent again under the same id, which the
/// mailer sends once.
async fn remind_once(plane: &Plane, sender: &Sender<'_>, license: &License) -> Result<Outcome> {
    let Some(contact) = &license.contact else { return Ok(Outcome::WithoutContact) };
    let reminder = Reminder::of(license, contact, plane.now());
    if is_noted(plane, &reminder).await? {
        return Ok(Outcome::AlreadySent);
    }
    if !is_account_active(plane, license.account_id).await? {
        return Ok(Outcome::AccountInactive);
    }
    if is_renewed(plane, license).await? {
        return Ok(Outcome::Renewed);
    }
    let sent = plane.ports().mailer.send(mail(license, contact, plane.now())).await;
    sent.map_err(|error| Problem::new(Code::Unavailable, error.to_string()))?;
    let mut change = sender.change(license);
    change.write_or(
        crate::record::create(&reminder),
        Problem::new(Code::Conflict, "the reminder was sent by another process"),
    );
    change.event(&super::events::REMINDER_SENT, &Reference::to(License::NOUN, license.id));
    match plane.commit(change).await {
        Ok(()) => Ok(Outcome::Sent),
        // Another process was faster if its note is there now.
        Err(problem) if problem.code == Code::Conflict && is_noted(plane, &reminder).await? => Ok(Outcome::AlreadySent),
        Err(problem) => Err(problem),
    }
}

async fn is_noted(plane: &Plane, reminder: &Reminder) -> Result<bool> {
    let keys = [reminder.key(), reminder.clone().of_any_address().key()];
    Ok(plane.system(SystemTask::Reminders).batch_get(&keys).await?.iter().any(Option::is_some))
}

async fn is_account_active(plane: &Plane, account: AccountId) -> Result<bool> {
    let item = plane.system(SystemTask::Reminders).get(&Account::key(account)).await?;
    let account = item.map(|item| decode::<Account>(&item)).transpose()?;
    Ok(account.is_some_and(|account| account.status == AccountStatus::Active))
}

/// Whether another license of the account for the same enterprise, product and service goes on after this one.
async fn is_renewed(plane: &Plane, license: &License) -> Result<bool> {
    let prefix = format!("{}#", License::KIND);
    let licenses = plane.system(SystemTask::Reminders).links::<License>(license.account_id, prefix).await?;
    Ok(licenses.iter().any(|other| license.is_followed_by(other)))
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
        id: MailId::derived(id.uuid(), &format!("license-reminder/{end_date}/{}", address_digest(contact))),
        account: *account_id,
        kind: MailKind::LicenseReminder,
        to: contact.email.as_str().to_owned(),
        subject: format!("Your license ends after {end_date}"),
        text: SecretString::from(text),
        at,
    }
}
