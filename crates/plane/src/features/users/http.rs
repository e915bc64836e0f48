//! Users over HTTP.

use serde::Deserialize;
use schemars::JsonSchema;

use super::model::{User, UserStatus};
use crate::{
    guard::{Granted, actions::UserRead},
    http::{
        answer::Found,
        call::{Path, Query},
        routes::Routes,
    },
    ids::UserId,
    page::{Limit, Page, PageQuery},
    plane::Plane,
    problem::Result,
    text::Email,
};

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/users", list, "List users")
        .get("/api/users/{userId}", read, "Show a user")
}

/// Which users are meant.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Which {
    limit: Limit,
    #[schemars(length(min = 1, max = 4096))]
    cursor: Option<String>,
    status: Option<UserStatus>,
    email: Option<Email>,
}

async fn list(who: Granted<UserRead>, plane: Plane, Query(which): Query<Which>) -> Result<Page<User>> {
    let page = PageQuery { limit: which.limit, cursor: which.cursor };
    let rows = plane.rows(&who);
    if which.status.is_none() && which.email.is_none() {
        return rows.page(&page).await;
    }
    let by = format!("{:?} {:?}", which.status, which.email);
    rows.filtered(&page, &by, |user: &User| {
        which.status.is_none_or(|status| status == user.status) && which.email.as_ref().is_none_or(|email| *email == user.email)
    })
    .await
}

async fn read(who: Granted<UserRead>, plane: Plane, Path(user): Path<UserId>) -> Result<Found<User>> {
    Ok(Found(plane.rows(&who).get(user).await?))
}
