//! The accounts that one person belongs to, to choose from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    features::accounts::model::Account, ids::AccountId, plane::Plane, problem::Result, record::decode,
    system::SystemTask, text::Name,
};

/// An account that the person belongs to with their address.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MembershipView {
    pub account_id: AccountId,
    pub account_name: Name,
    /// The account of the session that asks; absent before there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<bool>,
}

/// The names of accounts that somebody belongs to, sorted by name. An account that is gone is left out.
pub(in crate::features) async fn membership_views(
    plane: &Plane,
    accounts: &[AccountId],
    current: Option<AccountId>,
) -> Result<Vec<MembershipView>> {
    let keys: Vec<_> = accounts.iter().map(|id| Account::key(*id)).collect();
    let mut views = Vec::with_capacity(keys.len());
    for item in plane.system(SystemTask::Identification).batch_get(&keys).await?.into_iter().flatten() {
        let Account { id, name, .. } = decode::<Account>(&item)?.record;
        let current = current.map(|current| current == id);
        views.push(MembershipView { account_id: id, account_name: name, current });
    }
    views.sort_by(|a, b| a.account_name.as_str().cmp(b.account_name.as_str()));
    Ok(views)
}
