//! The part of a stored audit entry that the filters of lists look at.

use serde::Deserialize;

use crate::{audit::Author, ids::EnterpriseId};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FilteredEntry {
    #[serde(default)]
    pub enterprise_id: Option<EnterpriseId>,
    pub author: Author,
    pub action: String,
}
