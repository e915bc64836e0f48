//! The last gate of an onboarding: everything is read back as the tenant would, with a token, through router and table.

use std::collections::BTreeSet;

use super::{
    first_people::{first_users, technical_user_id},
    intake::Intake,
    model::CloudType,
    onboarding::table_of,
};
use crate::{
    directory::seats::SeatCounter,
    features::{
        licenses::model::{License, LicensedUse},
        users::model::{User, UserStatus, subject},
        workstreams::model::Workstream,
    },
    guard::{
        actions::{AccountRead, Action as _, UserRead, WorkstreamRead},
        policy::Scope,
    },
    ids::{AccountId, known},
    plane::Plane,
    ports::table::{Key, MAX_PAGE, Query, Range, TableName},
    record::{TenantRecord, decode, partition},
    system::{SystemTable, SystemTask},
    workflow::StepError,
};
use secrecy::ExposeSecret as _;

/// What the verifier found.
pub(super) enum Finding {
    Right,
    /// A copy is still on its way.
    NotYet,
    Wrong(String),
    /// The route's published copy is not what the route says.
    Disagrees {
        parameter: String,
        published: Option<String>,
        expected: TableName,
    },
}

pub(super) async fn verify_account(plane: &Plane, intake: &Intake, has_identity: bool) -> Result<Finding, StepError> {
    let account = intake.account_id;
    let cloud = intake.request.cloud_type;
    // The route as the store has it, and the published copy, which must agree.
    plane.router().forget(account);
    let route = plane.router().route(account).await?;
    let expected = table_of(account, cloud);
    let name = format!("/accounts/{account}/dynamodb/table-name");
    let published = plane.ports().params.get(&name).await?;
    if route.table != expected {
        return Ok(Finding::Wrong(format!("the route leads to {}, not to {expected}", route.table)));
    }
    if published.as_deref() != Some(expected.as_str()) {
        return Ok(Finding::Disagrees { parameter: name, published, expected });
    }
    let table = plane.system_routed(SystemTask::Onboarding, &route).await?;
    if let Some(wrong) = directory(plane, intake).await? {
        return Ok(Finding::Wrong(wrong));
    }
    let enterprise = intake.request.licenses[0].enterprise_id;
    let workstream = Workstream::key(account, Workstream::default_id(account, enterprise));
    if table.get(&workstream).await?.is_none() {
        return Ok(Finding::Wrong("the default workstream can't be read from the account's table".into()));
    }
    // An identity that could not be made was captured, and the account is degraded: there is nobody to act as.
    if has_identity && let Some(wrong) = act_as_technical_user(plane, account, enterprise).await? {
        return Ok(Finding::Wrong(wrong));
    }
    if cloud == CloudType::Private && !is_copied(plane, account, &table).await? {
        return Ok(Finding::NotYet);
    }
    Ok(Finding::Right)
}

/// What is not there of the directory's records.
async fn directory(plane: &Plane, intake: &Intake) -> Result<Option<String>, StepError> {
    let account = intake.account_id;
    let shared = plane.system(SystemTask::Onboarding);
    let licenses = records::<License>(plane, account).await?;
    let missing = |asked: &License| !licenses.iter().any(|license| license.id == asked.id);
    if intake.request.licenses_of(account, plane.now()).iter().any(missing) {
        return Ok(Some(format!("some of the {} licenses are not there", intake.request.licenses.len())));
    }
    let mut used = 0;
    let triples: BTreeSet<LicensedUse> = licenses.iter().map(License::triple).collect();
    for triple in triples {
        let seats = shared.get(&SeatCounter::key(account, triple)).await?;
        let Some(seats) = seats else { return Ok(Some("a license has no seat counter".into())) };
        used += decode::<SeatCounter>(&seats)?.used;
    }
    // Operators may have made more users meanwhile: each takes one seat.
    let users = records::<User>(plane, account).await?;
    let seated = users.iter().filter(|user| user.status == UserStatus::Active).count();
    if usize::try_from(used).ok() != Some(seated) {
        return Ok(Some(format!("{used} seats are taken, and {seated} users are active")));
    }
    let missing =
        first_users(account, &intake.request).into_iter().find(|(id, _)| !users.iter().any(|user| user.id == *id));
    Ok(missing.map(|(_, email)| format!("the user {email} is not there")))
}

/// All records of a kind in the directory.
async fn records<R: TenantRecord>(plane: &Plane, account: AccountId) -> Result<Vec<R>, StepError> {
    let mut query = super::removal::whole(account, Range::Prefix(format!("{}#", R::KIND)), MAX_PAGE);
    let mut records = Vec::new();
    loop {
        let rows = plane.system(SystemTask::Onboarding).query(&query).await?;
        for item in &rows.items {
            records.push(decode::<R>(item)?.record);
        }
        match rows.next {
            Some(next) => query.after = Some(next),
            None => return Ok(records),
        }
    }
}

/// Goes through the guard as the technical user: token, actor, policy.
async fn act_as_technical_user(
    plane: &Plane,
    account: AccountId,
    enterprise: crate::ids::EnterpriseId,
) -> Result<Option<String>, StepError> {
    let subject = subject(technical_user_id(account));
    let token = plane.identity().probe_token(subject).await?;
    let verified = match plane.identity().verify(token.expose_secret()).await {
        Ok(verified) => verified,
        Err(crate::ports::identity::TokenRefused::Store(error)) => return Err(error.into()),
        Err(crate::ports::identity::TokenRefused::Away(away)) => {
            return Err(crate::ports::identity::IdentityError::Away(away).into());
        }
        Err(refused) => return Ok(Some(format!("the technical user's token is refused: {refused}"))),
    };
    let Some(actor) = plane.actor(verified.subject).await? else {
        return Ok(Some("the technical user is nobody".into()));
    };
    // The account becomes active by this very verdict; everything else is as the guard will find it.
    let principal = crate::guard::policy::Principal { active: true, ..actor.principal() };
    let own = Scope { account, enterprise: None };
    let in_enterprise = Scope { account, enterprise: Some(enterprise) };
    let foreign = Scope { account: known::ROOT_ACCOUNT, enterprise: None };
    for (facts, scope, expected) in [
        (AccountRead::FACTS, own, true),
        (UserRead::FACTS, in_enterprise, true),
        (WorkstreamRead::FACTS, in_enterprise, true),
        (AccountRead::FACTS, foreign, false),
    ] {
        if plane.policy().decide(&principal, facts, scope).permitted != expected {
            let what = if expected { "may not" } else { "may" };
            return Ok(Some(format!("the technical user {what} {} in account {}", facts.id, scope.account)));
        }
    }
    Ok(None)
}

/// Whether a private account's own table holds every record that is copied to it, as it now is.
async fn is_copied(plane: &Plane, account: AccountId, own: &SystemTable) -> Result<bool, StepError> {
    let shared = plane.system(SystemTask::Onboarding);
    let mut query: Query = super::removal::whole(account, Range::All, MAX_PAGE);
    loop {
        let rows = shared.query(&query).await?;
        for item in rows.items.iter().filter(|item| plane.kinds().is_copied(account, &item.key)) {
            // The account's own record changes once more with the end of this run.
            if item.key == Key::new(partition(account), "METADATA") {
                continue;
            }
            let copy = own.get(&item.key).await?;
            if copy.is_none_or(|copy| copy.body != item.body) {
                return Ok(false);
            }
        }
        match rows.next {
            Some(next) => query.after = Some(next),
            None => return Ok(true),
        }
    }
}
