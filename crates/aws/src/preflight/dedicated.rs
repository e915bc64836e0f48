//! Checks of private and hybrid accounts: whether routes and published parameters agree, and stacks are as they
//! were made.

use futures::{StreamExt as _, stream};
use kernel::{
    ids::AccountId,
    ports::{
        dedicated_tables::DedicatedTableError,
        params::Params as _,
        table::{Table, TableError, TableName, Tables as _},
    },
    record::decode,
    router::Route,
};

use super::Check;
use crate::{
    cloudformation::{Drift, StackCloud},
    profile::Connected,
    ssm::SsmParams,
};

/// So many accounts are looked at: each costs some requests, and AWS looks for the drift of few stacks at a time.
const MOST: usize = 50;

/// The drift of so many stacks is looked for at once: each takes CloudFormation some seconds to minutes.
const AT_ONCE: usize = 10;

/// The calls that CloudFormation makes, with its caller's permissions, to detect drift of a table.
const LOOKS_BY: &str = "permit what CloudFormation looks by, as the caller: dynamodb:DescribeTable, \
    DescribeContinuousBackups, DescribeTimeToLive, DescribeContributorInsights, DescribeKinesisStreamingDestination, \
    GetResourcePolicy and ListTagsOfResource; the log has its reason";

const RESTORE: &str = "restore the record from a backup of the table";

pub(super) async fn checks(connected: &Connected) -> Vec<Check> {
    const CHECK: &str = "dedicated tables";
    let tables = connected.tables();
    let found = async {
        let names = tables.list().await?;
        let shared = tables.open(&TableName::shared()).await?;
        Ok::<_, TableError>((names, shared))
    };
    let (names, shared) = match found.await {
        Ok(found) => found,
        Err(TableError::Unavailable(error)) => {
            return vec![Check::external_error(CHECK, &error, "permit dynamodb:ListTables and DescribeTable")];
        }
        Err(error) => return vec![Check::bad(CHECK, error.to_string(), "the log says more")],
    };
    // The check of the shared table reports that it is missing.
    let Some(shared) = shared else { return Vec::new() };
    let accounts: Vec<AccountId> = names.iter().filter_map(account_of).collect();
    if accounts.is_empty() {
        return Vec::new();
    }
    let (params, stacks) = (connected.params(), connected.stacks());
    let mut checks = Vec::new();
    for account in accounts.iter().take(MOST) {
        checks.extend(route(shared.as_ref(), &params, *account).await);
    }
    if let Some(stacks) = &stacks {
        let looks = accounts.iter().take(MOST).map(|account| stack(stacks, *account));
        let looked: Vec<Option<Check>> = stream::iter(looks).buffered(AT_ONCE).collect().await;
        checks.extend(looked.into_iter().flatten());
    }
    if checks.is_empty() {
        let looked = accounts.len().min(MOST);
        checks.push(Check::ok(CHECK, format!("{looked} of {}: routes, parameters and stacks agree", accounts.len())));
    }
    checks
}

fn account_of(table: &TableName) -> Option<AccountId> {
    let account = table.as_str().strip_prefix("app_acct_")?.parse().ok()?;
    (TableName::dedicated(account) == *table).then_some(account)
}

async fn route(shared: &dyn Table, params: &SsmParams, account: AccountId) -> Option<Check> {
    const CHECK: &str = "route";
    let item = match shared.get(&Route::key(account)).await {
        Ok(item) => item,
        Err(TableError::Unavailable(error)) => {
            return Some(Check::external_error(CHECK, &error, "permit dynamodb:GetItem"));
        }
        Err(error) => return Some(Check::bad(CHECK, error.to_string(), "the log says more")),
    };
    let Some(item) = item else {
        let finding = format!("the table of account {account} is there, and no route leads to it");
        return Some(Check::warning(CHECK, finding, "a removal that is under way ends it; else remove it by hand"));
    };
    let route = match decode::<Route>(&item) {
        Ok(route) => route.record,
        Err(problem) => {
            return Some(Check::bad(CHECK, format!("account {account}: {}", problem.operator_detail()), RESTORE));
        }
    };
    let name = format!("/accounts/{account}/dynamodb/table-name");
    match params.get(&name).await {
        Ok(Some(published)) if published == route.table.as_str() => None,
        Ok(published) => {
            let published = published.unwrap_or_else(|| "nothing".to_owned());
            let finding = format!("the parameter {name} says {published}, and the account's route {}", route.table);
            Some(Check::bad(CHECK, finding, "put the parameter right, and find out who changed it: the route counts"))
        }
        Err(error) => {
            Some(Check::external_error(CHECK, &error.0, "permit ssm:GetParameter below aws_parameter_prefix"))
        }
    }
}

async fn stack(stacks: &StackCloud, account: AccountId) -> Option<Check> {
    const CHECK: &str = "stack";
    match stacks.drift(account).await {
        // A table that was made without a stack has none.
        Ok(None | Some(Drift::None)) => None,
        Ok(Some(Drift::Drifted { stack, resources })) => {
            let finding = format!("{resources} of the resources of {stack} are not as it made them");
            let fix = format!(
                "aws cloudformation describe-stack-resource-drifts --stack-name {stack} shows which; put them back"
            );
            Some(Check::bad(CHECK, finding, fix))
        }
        Ok(Some(Drift::Underway(finding))) => Some(Check::warning(CHECK, finding, "look again later")),
        Ok(Some(Drift::Unsettled(finding))) => Some(Check::warning(CHECK, finding, LOOKS_BY)),
        Err(DedicatedTableError::Unavailable(error) | DedicatedTableError::Refused(error)) => {
            let permit = "permit cloudformation:DetectStackDrift and DescribeStackDriftDetectionStatus";
            let Check { finding, fix, .. } = Check::external_error(CHECK, &error, permit);
            Some(Check::warning(CHECK, finding, fix.unwrap_or_default()))
        }
    }
}
