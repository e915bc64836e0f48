//! A JSON body that may be left out.

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::{
    extract::{Extract, IncomingRequest, Rejection},
    openapi::Operation,
    routes::BodyUse,
};

/// A JSON body that may be left out. An absent body reads as the default.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default + JsonSchema + Send> Extract for OptionalJson<T> {
    const BODY: BodyUse = BodyUse::Optional;

    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.takes_optional_body(&schemas.subschema_for::<T>());
    }

    async fn take(call: &mut IncomingRequest) -> Result<Self, Rejection> {
        match call.object() {
            Some(object) => Ok(Self(object.read()?)),
            None => Ok(Self(T::default())),
        }
    }
}
