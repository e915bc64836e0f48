//! The workers of the account workflows, with the times that the source documents give them.

use std::time::Duration;

use crate::workflow::Worker;

pub const DYNAMODB_PROVISIONER: Worker = Worker::new("dynamodb-provisioner", Duration::from_mins(5));
pub const COGNITO_PROVISIONER: Worker = Worker::new("cognito-provisioner", Duration::from_mins(1));
pub const SES_NOTIFICATION: Worker = Worker::new("ses-notification", Duration::from_secs(30));
pub const PROVISIONING_VERIFIER: Worker = Worker::new("provisioning-verifier", Duration::from_mins(2));
