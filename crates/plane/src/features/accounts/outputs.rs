//! What the steps of an onboarding hand on to later steps and show in the run.

use serde::{Deserialize, Serialize};

use crate::{
    ids::{GroupId, LicenseId, RoleId},
    ports::table::TableName,
    workflow::StepOutput,
};

/// The account's route exists and points to this table.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RouteOpened {
    pub(super) table_name: TableName,
}

impl StepOutput for RouteOpened {
    const STATE: Option<&'static str> = Some("ProvisionDynamoDB");
}

/// The licenses that the account begins with.
#[derive(Serialize, Deserialize)]
pub(super) struct CoreRecords {
    pub(super) licenses: Vec<LicenseId>,
}

impl StepOutput for CoreRecords {
    const STATE: Option<&'static str> = Some("WriteCoreRecords");
}

/// The group and the role of the technical user.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TechnicalGroup {
    pub(super) group_id: GroupId,
    pub(super) role_id: RoleId,
}

impl StepOutput for TechnicalGroup {
    const STATE: Option<&'static str> = Some("ProvisionTechnicalGroupAndRole");
}

/// A user has an identity.
#[derive(Serialize, Deserialize)]
pub(super) struct IdentityMade {
    pub(super) identity: bool,
}

impl StepOutput for IdentityMade {
    const STATE: Option<&'static str> = Some("ProvisionCognitoUsers");
}

/// The verdict of the verifier.
#[derive(Serialize, Deserialize)]
pub(super) struct ProvisioningVerified {
    pub(super) verified: bool,
}

impl StepOutput for ProvisioningVerified {
    const STATE: Option<&'static str> = Some("VerifyProvisioning");
}
