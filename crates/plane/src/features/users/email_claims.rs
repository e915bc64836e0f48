//! Claims on e-mail addresses. An address is unique in an account; its owner may belong to several accounts.
//!
//! Users of earlier versions have a claim on the whole platform instead, which stays until the user or the address goes. It keeps
//! the address in its own account alone.

use super::model::User;
use crate::{
    change::Claim,
    ids::{AccountId, UserId},
    plane::Plane,
    problem::{Code, Problem, Result},
    record::{decode, encode},
    system::SystemTask,
    text::Email,
};

/// The claims that a user holds on an address.
pub(crate) async fn held_email_claims(
    plane: &Plane,
    account: AccountId,
    id: UserId,
    email: &Email,
) -> Result<Vec<Claim>> {
    let claims = [User::email_claim(account, id, email), User::platform_email_claim(id, email)];
    let keys: Vec<_> = claims.iter().map(|claim| encode(claim).key).collect();
    let mut held = Vec::new();
    for item in plane.system(SystemTask::Invitations).batch_get(&keys).await?.into_iter().flatten() {
        held.push(decode::<Claim>(&item)?.record);
    }
    held.retain(|claim| claim.holder == id.to_string());
    Ok(held)
}

/// Who holds an address in an account, by a claim of either kind.
pub(super) async fn claim_holders(plane: &Plane, account: AccountId, email: &Email) -> Result<Vec<UserId>> {
    let nobody = UserId::from_uuid(uuid::Uuid::nil());
    let claims = [User::email_claim(account, nobody, email), User::platform_email_claim(nobody, email)];
    let keys: Vec<_> = claims.iter().map(|claim| encode(claim).key).collect();
    let mut holders = Vec::new();
    for item in plane.system(SystemTask::Invitations).batch_get(&keys).await?.into_iter().flatten() {
        holders.extend(decode::<Claim>(&item)?.record.holder.parse::<UserId>().ok());
    }
    Ok(holders)
}

/// Refuses an address that a user of the account has by the claim of an earlier version. Such claims are made no more, so that
/// none can come after this. The other claims refuse in the commit.
pub(crate) async fn refuse_earlier_claim(plane: &Plane, account: AccountId, email: &Email) -> Result<()> {
    let nobody = UserId::from_uuid(uuid::Uuid::nil());
    let key = encode(&User::platform_email_claim(nobody, email)).key;
    let table = plane.system(SystemTask::Invitations);
    let Some(item) = table.get(&key).await? else { return Ok(()) };
    let claim = decode::<Claim>(&item)?.record;
    let Ok(holder) = claim.holder.parse::<UserId>() else { return Ok(()) };
    match table.get(&User::key(account, holder)).await? {
        Some(_) => Err(email_taken()),
        None => Ok(()),
    }
}

pub(crate) fn email_taken() -> Problem {
    Problem::new(Code::EmailTaken, "a user of this account has this e-mail address")
}
