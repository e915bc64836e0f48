//! Each function asks AWS what the policy that `freehold preflight --policy` prints for it permits, and nothing is
//! permitted without a reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use aws::{
    permissions::{Process, policy},
    profile::Profile,
    sts::Caller as Identity,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    emulator::{deploy_machines, dynoxide, moto_with_machines},
    functions::Functions,
    gate::{Behind, Call, Gate},
};

use crate::{
    mail_events,
    runtime::Function,
    story::{self, Caller},
    stream,
};

const MINUTE: Duration = Duration::from_mins(1);

/// Emulators behind a gate, where each function has an access key of its own.
struct Watched {
    gate: Gate,
    environment: BTreeMap<&'static str, String>,
    /// The table's own endpoint.
    table: String,
    folder: TempDir,
}

impl Watched {
    async fn start(functions: &Functions) -> Self {
        let (dynoxide, moto) = tokio::join!(dynoxide(), moto_with_machines(functions));
        testkit::store::lay_out(&dynoxide).await;
        deploy_machines(&moto, "freehold-", "freehold-step").await;
        let table = dynoxide.endpoint();
        let gate = Gate::before(&Behind::over(dynoxide, moto)).await;
        let mut environment = story::environment(&gate.endpoint(), &gate.endpoint());
        environment.insert("FREEHOLD_AWS_ENDPOINT_STEP_FUNCTIONS", gate.endpoint());
        environment.insert("FREEHOLD_AWS_ENABLE_STEP_FUNCTIONS", "true".into());
        Self { gate, environment, table, folder: TempDir::new().unwrap() }
    }

    async fn function(&self, handler: &str) -> Function {
        let mut environment = self.environment.clone();
        environment.insert("AWS_ACCESS_KEY_ID", key(handler));
        let folder = TempDir::new_in(&self.folder).unwrap().keep();
        environment.insert("FREEHOLD_DATA_DIR", folder.display().to_string());
        Function::start(handler, &environment).await
    }
}

fn key(handler: &str) -> String {
    format!("AKIA{}", handler.to_uppercase())
}

async fn settled(operator: &Caller<'_>, account: &str, passing: &str) -> Value {
    let address = format!("/api/accounts/{account}");
    let settled = async {
        loop {
            let seen = operator.get(&address).await.expect(200);
            if seen["status"] != passing {
                return seen["status"].clone();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(MINUTE, settled).await.expect("the run ends")
}

fn permitted(process: Process) -> BTreeSet<String> {
    let profile = Profile { machines: true, machine_prefix: "freehold-".into(), ..Profile::default() };
    let identity = Identity { account: "123456789012".into(), arn: "arn:aws:iam::123456789012:user/it".into() };
    let policy = policy(process, &profile, "eu-central-1", &identity);
    let statements = policy["Statement"].as_array().unwrap().iter();
    // An earlier version's tables are moved once.
    let seen = statements.filter(|statement| statement["Sid"] != "EarlierTables");
    seen.flat_map(|statement| statement["Action"].as_array().unwrap().clone())
        .map(|action| action.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn each_function_asks_what_its_policy_permits() {
    let functions = Functions::serve().await;
    let watched = Watched::start(&functions).await;
    let (api, step) = tokio::join!(watched.function("api"), watched.function("step"));
    let step = Arc::new(step);
    functions.register("freehold-step", move |payload| {
        let step = Arc::clone(&step);
        async move { step.call(payload, MINUTE).await }
    });
    let operator = Caller::operator(&api).await;
    let account = operator.take_on_in("Acme", "private").await;
    assert_eq!(settled(&operator, &account, "provisioning").await, "active");
    let workstream = operator.get(&format!("/api/licenses?accountId={account}")).await.expect(200);
    let enterprise = &workstream["items"][0]["enterpriseId"];
    let workstream = json!({ "accountId": account, "enterpriseId": enterprise, "name": "Payments" });
    operator.post("/api/workstreams", &workstream).await.expect(201);

    let left = stream::items(&watched.table).await;
    let (cron, reports) = tokio::join!(watched.function("cron"), watched.function("mail_events"));
    cron.call(json!({}), MINUTE).await.unwrap();
    let changes = watched.function("stream").await;
    changes.call(stream::event(&left), MINUTE).await.unwrap();
    let bounce = mail_events::bounce("Permanent", "General", "ada@acme.example", "2026-01-01T10:01:00.000Z");
    reports.call(mail_events::event("Bounce", &account, &bounce), MINUTE).await.unwrap();
    let removal = operator.send("DELETE", &format!("/api/accounts/{account}?confirm=Acme"), None).await;
    assert!(removal.status < 300, "{}", String::from_utf8_lossy(removal.bytes()));
    assert_eq!(settled(&operator, &account, "deprovisioning").await, "deleted");
    api.at_rest().await;

    let calls = watched.gate.calls();
    let asked = |handler: &str| -> BTreeSet<String> {
        calls.iter().filter(|call| call.key == key(handler)).flat_map(Call::actions).collect()
    };
    let mut unused = BTreeMap::new();
    for (process, handlers) in [
        (Process::Api, &["api"][..]),
        (Process::Step, &["step"]),
        (Process::Background, &["stream", "cron"]),
        (Process::MailEvents, &["mail_events"]),
    ] {
        let asked: BTreeSet<_> = handlers.iter().flat_map(|handler| asked(handler)).collect();
        let permitted = permitted(process);
        let refused: Vec<_> = asked.difference(&permitted).collect();
        assert_eq!(refused, Vec::<&String>::new(), "{process:?} would be refused");
        unused.insert(format!("{process:?}"), permitted.difference(&asked).cloned().collect::<Vec<_>>());
    }
    // Keys are exchanged, tables in other accounts opened, protected tables released, runs redriven and their waiting tasks
    // answered; what `stream` and `cron` would do, `api` and `step` did before them.
    let leading = |first: &[&str]| -> Vec<String> {
        let leading = ["DescribeExecution", "DescribeStateMachine", "SendTaskFailure", "SendTaskSuccess"];
        let leading = leading.map(|action| format!("states:{action}"));
        first.iter().map(|action| (*action).to_owned()).chain(leading).collect()
    };
    let mut api = leading(&["secretsmanager:PutSecretValue"]);
    api.push("sts:AssumeRole".into());
    let mut background = leading(&[
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "events:PutEvents",
        "secretsmanager:CreateSecret",
        "secretsmanager:PutSecretValue",
    ]);
    background.extend(["states:StartExecution".into(), "sts:AssumeRole".into()]);
    let step = ["dynamodb:UpdateTable", "secretsmanager:PutSecretValue", "sts:AssumeRole"];
    let expected = json!({
        "Api": api, "Background": background, "Step": step, "MailEvents": ["dynamodb:DeleteItem", "dynamodb:Query"]
    });
    assert_eq!(json!(unused), expected);
}
