//! A platform in emulators of AWS, and people who call it through API Gateway.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    emulator::{Emulator, deploy_machines, dynoxide, moto, moto_with_machines},
    functions::Functions,
};

use crate::runtime::Function;

pub(crate) const PASSWORD: &str = "Quartz-7-walrus-lantern";
pub(crate) const ADMIN: &str = "root@platform.example";
const INITIAL: &str = "Copper-4-kettle-meadow";

/// Emulators, with the shared table, and the environment of functions there.
pub(crate) struct Aws {
    pub(crate) environment: BTreeMap<&'static str, String>,
    emulators: (Emulator, Emulator),
    folder: TempDir,
}

impl Aws {
    pub(crate) async fn start() -> Self {
        Self::over(moto()).await
    }

    /// Step Functions leads the workflows: the machines are there, and have this function do their steps.
    pub(crate) async fn with_machines(functions: &Functions, function: &str) -> Self {
        let mut aws = Self::over(moto_with_machines(functions)).await;
        let moto = &aws.emulators.1;
        deploy_machines(moto, "freehold-", function).await;
        aws.environment.insert("FREEHOLD_AWS_ENDPOINT_STEP_FUNCTIONS", moto.endpoint());
        aws.environment.insert("FREEHOLD_AWS_ENABLE_STEP_FUNCTIONS", "true".into());
        aws
    }

    async fn over(moto: impl Future<Output = Emulator>) -> Self {
        let (dynoxide, moto) = tokio::join!(dynoxide(), moto);
        testkit::store::lay_out(&dynoxide).await;
        let environment = environment(&dynoxide.endpoint(), &moto.endpoint());
        Self { environment, emulators: (dynoxide, moto), folder: TempDir::new().unwrap() }
    }

    /// A process of a function, with these settings too. Each has a file system of its own.
    pub(crate) async fn function(&self, handler: &str, settings: &[(&'static str, &str)]) -> Function {
        let mut environment = self.environment.clone();
        environment.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let folder = TempDir::new_in(&self.folder).unwrap().keep();
        environment.insert("FREEHOLD_DATA_DIR", folder.display().to_string());
        Function::start(handler, &environment).await
    }
}

/// What functions are configured with: where the table is, and where everything else is.
pub(crate) fn environment(table: &str, others: &str) -> BTreeMap<&'static str, String> {
    let mut environment: BTreeMap<_, _> = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAEMULATOR"),
        ("AWS_SECRET_ACCESS_KEY", "not-a-secret"),
        ("FREEHOLD_ADMIN_EMAIL", ADMIN),
        ("FREEHOLD_ADMIN_PASSWORD", INITIAL),
        ("FREEHOLD_PUBLIC_URL", "https://freehold.example"),
        ("FREEHOLD_LOG_LEVEL", "error"),
        // dynoxide keeps no backups, and moto's stacks make moto's tables.
        ("FREEHOLD_AWS_PROTECT_TABLES", "false"),
        ("FREEHOLD_AWS_STACKS", "false"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    environment.insert("FREEHOLD_AWS_ENDPOINT_DYNAMODB", table.to_owned());
    for service in ["EVENTBRIDGE", "SECRETS_MANAGER", "SES", "SSM", "STS"] {
        environment.insert(format!("FREEHOLD_AWS_ENDPOINT_{service}").leak(), others.to_owned());
    }
    environment
}

/// An answer as API Gateway would give it.
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) headers: Value,
    pub(crate) base64: bool,
    pub(crate) cookies: Value,
    bytes: Vec<u8>,
}

impl Answer {
    fn of(answer: &Value) -> Self {
        let base64 = answer["isBase64Encoded"].as_bool().unwrap();
        let text = answer["body"].as_str().unwrap_or_default();
        Self {
            status: answer["statusCode"].as_u64().unwrap(),
            headers: answer["headers"].clone(),
            base64,
            cookies: answer["cookies"].clone(),
            bytes: if base64 { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() },
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[track_caller]
    pub(crate) fn expect(&self, status: u64) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }
}

/// What an HTTP API of API Gateway sends, in format 2.0.
pub(crate) fn event(method: &str, address: &str, headers: &[(&str, &str)], body: Option<&str>) -> Value {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut headers: serde_json::Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    headers.insert("host".into(), json!("freehold.example"));
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "it", "domainName": "freehold.example", "domainPrefix": "freehold",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "it"
            },
            "requestId": "it", "routeKey": "$default", "stage": "$default", "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64
        },
        "isBase64Encoded": false
    });
    if let Some(body) = body {
        event["body"] = json!(body);
    }
    event
}

/// Somebody who calls.
pub(crate) struct Caller<'f> {
    pub(crate) api: &'f Function,
    token: Option<String>,
}

impl<'f> Caller<'f> {
    pub(crate) fn nobody(api: &'f Function) -> Self {
        Self { api, token: None }
    }

    /// The administrator, at the first sign-in.
    pub(crate) async fn operator(api: &'f Function) -> Self {
        let nobody = Self::nobody(api);
        let login = json!({ "email": ADMIN, "password": INITIAL });
        let challenge = nobody.post("/api/auth/login", &login).await.expect(200);
        let answer = json!({
            "challenge": challenge["challenge"], "session": challenge["session"], "newPassword": PASSWORD
        });
        let tokens = nobody.post("/api/auth/challenge", &answer).await.expect(200);
        Self { api, token: Some(tokens["accessToken"].as_str().unwrap().to_owned()) }
    }

    /// The same person, by another process of the function.
    pub(crate) fn through(self, api: &'f Function) -> Self {
        Self { api, ..self }
    }

    pub(crate) async fn get(&self, address: &str) -> Answer {
        self.send("GET", address, None).await
    }

    pub(crate) async fn post(&self, address: &str, body: &Value) -> Answer {
        self.send("POST", address, Some(body)).await
    }

    pub(crate) async fn send(&self, method: &str, address: &str, body: Option<&Value>) -> Answer {
        self.send_within(method, address, body, Duration::from_secs(30)).await
    }

    pub(crate) async fn send_within(
        &self,
        method: &str,
        address: &str,
        body: Option<&Value>,
        within: Duration,
    ) -> Answer {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        let body = body.map(Value::to_string);
        let answer = self.api.call(event(method, address, &headers, body.as_deref()), within).await;
        Answer::of(&answer.unwrap_or_else(|error| panic!("{method} {address}: {error}")))
    }

    /// Sends an event as it is.
    pub(crate) async fn raw(&self, event: Value) -> Answer {
        Answer::of(&self.api.call(event, Duration::from_secs(30)).await.unwrap())
    }

    /// Begins to take a public account on, and answers its id.
    pub(crate) async fn take_on(&self, name: &str) -> String {
        self.take_on_in(name, "public").await
    }

    /// The same in a cloud of this type.
    pub(crate) async fn take_on_in(&self, name: &str, cloud: &str) -> String {
        let id = |body: Value| body["id"].as_str().unwrap_or_else(|| panic!("no id: {body}")).to_owned();
        let service = id(self.post("/api/services", &json!({ "name": "Support" })).await.expect(201));
        let product = json!({ "name": "Desk", "serviceIds": [service] });
        let product = id(self.post("/api/products", &product).await.expect(201));
        let enterprise = json!({ "name": "Globex", "productIds": [product] });
        let enterprise = id(self.post("/api/enterprises", &enterprise).await.expect(201));
        let account = json!({
            "name": name, "masterAccountName": "Acme Holding", "cloudType": cloud,
            "address": {
                "line1": "1 Main St", "line2": null, "city": "Springfield", "state": "IL", "postalCode": "62701",
                "country": "US"
            },
            "technicalUser": {
                "firstName": "Ada", "lastName": "Byron", "email": "ada@acme.example", "startDate": "2026-01-01",
                "endDate": null
            },
            "licenses": [{
                "enterpriseId": enterprise, "productId": product, "serviceId": service, "startDate": "2026-01-01",
                "endDate": "2099-12-31", "numberOfUsers": 5,
                "contact": { "name": "Ada Byron", "email": "billing@acme.example", "phone": "+1 555 0100" },
                "renewalNotification": { "enabled": true, "noticeDays": 30 }
            }]
        });
        id(self.post("/api/accounts", &account).await.expect(201))
    }
}
