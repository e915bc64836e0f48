//! Limits of the services in one account and region: how many more accounts they have room for.
//!
//! They are the defaults that AWS documents. Who was given more is warned too early.

use kernel::{
    directory::account::{Account, AccountStatus},
    ports::table::{Index, Pages, Query, Range, Table, TableError, TableName, Tables as _},
    record::decode,
    workflow::Plan,
};

use super::Check;
use crate::{fault::Fault, profile::Connected};

/// Tables of DynamoDB.
const TABLES: usize = 2_500;
/// Stacks of CloudFormation.
const STACKS: usize = 2_000;
/// Standard parameters of SSM.
const PARAMETERS: usize = 10_000;
/// What an account publishes (`accounts/onboarding.rs`).
const PARAMETERS_OF_ACCOUNT: usize = 3;
/// State transitions of Step Functions in a second: the default of most regions; the largest have 5,000.
const TRANSITIONS: usize = 800;
/// Near the limit is beyond so many hundredths of it.
const NEAR: usize = 80;
const CHECK: &str = "limits";

/// What is used of the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Used {
    /// All tables of the region, also those of others.
    tables: usize,
    /// `None`: tables are made without stacks.
    stacks: Option<usize>,
    accounts: usize,
    /// The most state transitions of one run; `None`: no machines lead the runs.
    transitions: Option<usize>,
}

/// The most state transitions that a run of these plans takes: none goes back to a state.
fn transitions(plans: &[Plan]) -> Option<usize> {
    plans.iter().map(|plan| plan.states.len()).max()
}

pub(super) async fn check(connected: &Connected, plans: &[Plan]) -> Option<Check> {
    let tables = connected.tables();
    let all = match tables.count().await {
        Ok(all) => all,
        Err(Fault::Denied) => {
            return Some(Check::bad(CHECK, "the tables can't be listed", "permit dynamodb:ListTables"));
        }
        Err(fault) => return Some(Check::fault(CHECK, "DynamoDB, ListTables", fault)),
    };
    let found = async {
        let dedicated = tables.list().await?.iter().filter(|name| name.account().is_some()).count();
        let Some(shared) = tables.open(&TableName::shared()).await? else { return Ok(None) };
        Ok::<_, TableError>(Some((dedicated, accounts(shared.as_ref()).await?)))
    };
    // The check of the shared table reports that it is missing or unreadable.
    let (dedicated, accounts) = found.await.ok().flatten()?;
    let stacks = connected.profile().stacks.then_some(dedicated);
    let transitions = connected.profile().machines.then(|| transitions(plans)).flatten();
    Some(judge(Used { tables: all, stacks, accounts, transitions }))
}

/// How many accounts there are, without those that were removed.
async fn accounts(shared: &dyn Table) -> Result<usize, TableError> {
    let mut pages = Pages::new(shared, Query::ascending(Index::Gsi1, Account::BY_NAME, Range::All));
    let mut count = 0;
    while let Some(items) = pages.next().await? {
        let is_there = |account: &Account| account.status != AccountStatus::Deleted;
        count += items.iter().filter(|item| decode::<Account>(item).is_ok_and(|found| is_there(&found))).count();
    }
    Ok(count)
}

fn judge(used: Used) -> Check {
    let Used { tables, stacks, accounts, transitions } = used;
    let parameters = accounts * PARAMETERS_OF_ACCOUNT;
    let limits = [
        ("tables of DynamoDB", Some(tables), TABLES),
        ("stacks of CloudFormation", stacks, STACKS),
        ("parameters of SSM", Some(parameters), PARAMETERS),
    ];
    let limits: Vec<(&str, usize, usize)> =
        limits.into_iter().filter_map(|(of, used, limit)| Some((of, used?, limit))).collect();
    let told: Vec<String> = limits.iter().map(|(of, used, limit)| format!("{used} of {limit} {of}")).collect();
    let left = |used: usize, limit: usize| limit.saturating_sub(used);
    let public = left(parameters, PARAMETERS) / PARAMETERS_OF_ACCOUNT;
    let dedicated = stacks.map_or(usize::MAX, |stacks| left(stacks, STACKS)).min(left(tables, TABLES)).min(public);
    let told = told.join(", ");
    let runs = transitions.map(|transitions| {
        let at_once = TRANSITIONS / transitions;
        format!(
            "; a run takes up to {transitions} state transitions of Step Functions, of which a region allows {TRANSITIONS} a \
             second or more: {at_once} onboardings a second"
        )
    });
    let runs = runs.unwrap_or_default();
    let finding =
        format!("{told}: room for {public} more accounts, {dedicated} of them with a table of their own{runs}");
    let near: Vec<&str> =
        limits.iter().filter(|(_, used, limit)| used * 100 >= limit * NEAR).map(|(of, _, _)| *of).collect();
    if near.is_empty() {
        return Check::ok(CHECK, finding);
    }
    let fix = format!(
        "ask for more {} in Service Quotas before the limit stops an onboarding: it then fails with quota_used_up, and \
         goes on by a redrive",
        near.join(" and ")
    );
    Check::warning(CHECK, finding, fix)
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    #[test]
    fn limits_say_what_they_allow_in_accounts() {
        let check = judge(Used { tables: 101, stacks: Some(100), accounts: 1_000, transitions: None });
        assert_eq!(check.state, State::Ok);
        assert_eq!(
            check.finding,
            "101 of 2500 tables of DynamoDB, 100 of 2000 stacks of CloudFormation, 3000 of 10000 parameters of SSM: \
             room for 2333 more accounts, 1900 of them with a table of their own"
        );
        let alone = judge(Used { tables: 1, stacks: None, accounts: 0, transitions: Some(16) });
        assert!(
            alone.finding.ends_with(
                "room for 3333 more accounts, 2499 of them with a table of their own; a run takes up to 16 state transitions of \
                 Step Functions, of which a region allows 800 a second or more: 50 onboardings a second"
            ),
            "{}",
            alone.finding
        );
    }

    #[test]
    fn a_limit_that_is_near_is_told_by_name() {
        let parameters = judge(Used { tables: 1, stacks: Some(0), accounts: 2_667, transitions: None });
        assert_eq!(parameters.state, State::Warning);
        assert!(parameters.fix.unwrap().starts_with("ask for more parameters of SSM in Service Quotas"));
        let both = judge(Used { tables: 2_100, stacks: Some(2_000), accounts: 2_050, transitions: None });
        assert!(both.finding.ends_with("0 of them with a table of their own"), "{}", both.finding);
        assert!(both.fix.unwrap().contains("tables of DynamoDB and stacks of CloudFormation"));
    }
}
