//! `freehold licenses`

use clap::{Args, Subcommand};

use super::{
    Session,
    entity::{Crud, Entity, List, Scope},
};
use crate::{client::ApiRequest, fail::Outcome, print};

pub(crate) const LICENSES: Entity = Entity {
    path: "/api/licenses",
    columns: &[
        ("id", "/id"),
        ("enterprise", "/enterpriseId"),
        ("product", "/productId"),
        ("service", "/serviceId"),
        ("status", "/status"),
        ("starts", "/startDate"),
        ("ends", "/endDate"),
        ("seats", "/numberOfUsers"),
    ],
};

#[derive(Debug, Subcommand)]
pub(crate) enum Licenses {
    #[command(flatten)]
    Crud(Crud),
    /// Count the seats of the licenses in force
    Capacity(Scope),
    /// List licenses that end soon
    Expiring(Expiring),
    /// List the products and services that the licenses in force open
    LicensedEntities(Scope),
}

#[derive(Debug, Args)]
pub(crate) struct Expiring {
    /// Within so many days
    #[arg(long, value_name = "N", value_parser = crate::args::whole::<0, 3650>)]
    days: Option<u32>,
    #[command(flatten)]
    list: List,
}

pub(crate) async fn run(command: &Licenses, session: &mut Session) -> Outcome {
    match command {
        Licenses::Crud(crud) => LICENSES.run(crud, session).await,
        Licenses::Capacity(scope) => {
            let capacity = session.client.ask(scope.of(ApiRequest::get("/api/licenses/capacity"))).await?;
            if session.json {
                print::json(&capacity);
                return Ok(());
            }
            let licenses = capacity["licenses"].as_array().map(Vec::as_slice).unwrap_or_default();
            let row = |of: &serde_json::Value, name: &str, fields: [&str; 3]| {
                let numbers = fields.iter().map(|field| print::cell(of.get(field)));
                std::iter::once(name.to_owned()).chain(numbers).collect::<Vec<_>>()
            };
            let mut rows: Vec<_> = licenses
                .iter()
                .map(|of| row(of, &print::cell(of.get("licenseId")), ["seats", "used", "available"]))
                .collect();
            rows.push(row(&capacity, "total", ["totalSeats", "usedSeats", "availableSeats"]));
            print::table(&["license", "seats", "used", "available"], rows);
            for triple in
                capacity["triples"].as_array().into_iter().flatten().filter(|of| of["overCapacity"].is_object())
            {
                let cell = |pointer: &str| print::cell(triple.pointer(pointer));
                let over = &triple["overCapacity"];
                let refused = match over["refusedFrom"].as_str() {
                    Some(day) => format!("from {day} the least recently active are refused, {} today", over["refused"]),
                    None => "nobody is refused yet".to_owned(),
                };
                print::out(format_args!(
                    "over capacity by {}: enterprise {}, product {}, service {} has {} seats and {} users; {refused}",
                    over["by"],
                    cell("/enterpriseId"),
                    cell("/productId"),
                    cell("/serviceId"),
                    cell("/seats"),
                    cell("/used"),
                ));
            }
            Ok(())
        }
        Licenses::Expiring(Expiring { days, list }) => {
            let path = days.map_or_else(
                || "/api/licenses/expiring".to_owned(),
                |days| format!("/api/licenses/expiring?days={days}"),
            );
            LICENSES.list(&path, list, session).await
        }
        Licenses::LicensedEntities(scope) => {
            session.show(scope.of(ApiRequest::get("/api/licenses/licensed-entities"))).await
        }
    }
}
