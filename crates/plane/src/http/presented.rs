//! Reads the session credentials of a request: the bearer token, the refresh token of a body that may be left out.

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;

use super::{
    call::{Argument, Call, Json, Stop, parse},
    openapi::Operation,
};
use crate::problem::Problem;

/// A JSON body that may be left out, with or without its content type. An absent body reads as the default.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default + JsonSchema + Send> Argument for OptionalJson<T> {
    fn describe(operation: &mut Operation, schemas: &mut SchemaGenerator) {
        operation.takes_optional_body(&schemas.subschema_for::<T>());
    }

    async fn take(call: &mut Call) -> Result<Self, Stop> {
        if call.body.is_empty() {
            return Ok(Self(T::default()));
        }
        if !call.body.trim_ascii_start().starts_with(b"{") {
            return Err(Problem::field("", "the body is a JSON object, or is left out").into());
        }
        if call.header("content-type")?.is_none() {
            return Ok(Self(parse(&call.body)?));
        }
        Json::take(call).await.map(|Json(body)| Self(body))
    }
}
