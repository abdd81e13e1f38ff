//! A fresh vhost on the broker of `AMQP_URL`, by the management HTTP API.

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::url::{user_and_host, with_path, with_user};
use super::{background, required, until};

pub(crate) struct Broker;

/// A vhost of its own, deleted some time after this value.
pub(crate) struct TestVhost {
    pub(crate) url: String,
    pub(crate) name: String,
    management: Management,
    /// Made for it; they go with it.
    users: Mutex<Vec<String>>,
}

const PREFIX: &str = "rfa-test-";

/// Whoever deletes a quorum queue whose dead letters are kept at least once in the moment in which it
/// comes to be ends the broker's supervisor of all such queues: from then on each of them is refused
/// with INTERNAL_ERROR (RabbitMQ 3.10). So a vhost rests before it goes, until nothing in it is new.
const RESTS: Duration = Duration::from_secs(15);

/// Vhosts that nobody uses any more, with the moment since when.
static RESTING: Mutex<VecDeque<(Instant, String)>> = Mutex::new(VecDeque::new());

/// Those of runs before have been looked for.
static LOOKED: OnceCell<()> = OnceCell::const_new();

/// What a user may do with exchanges and queues, as regular expressions over their names.
pub(crate) struct Rights {
    pub(crate) configure: &'static str,
    pub(crate) write: &'static str,
    pub(crate) read: &'static str,
}

/// Of the engine itself, as docs/operations.md says.
pub(crate) const OF_THE_ENGINE: Rights = Rights {
    configure: "^rfa\\..*",
    write: "^(rfa\\..*|amq\\.default)$",
    read: "^rfa\\..*",
};

/// Of an account that sends, and reads replies where the broker makes up queues for them.
pub(crate) const MAY_SEND: Rights = Rights {
    configure: "^$",
    write: "^rfa\\.intake$",
    read: "^$",
};

impl Broker {
    pub(crate) async fn vhost() -> TestVhost {
        let amqp = required("AMQP_URL");
        let management = Management::find(&amqp);
        LOOKED.get_or_init(|| management.find_leftovers()).await;
        management.delete_rested();
        let name = format!("{PREFIX}{}", Uuid::new_v4().simple());
        let (user, _) = user_and_host(&amqp);
        let everything = json!({ "configure": ".*", "write": ".*", "read": ".*" });
        management
            .call(Method::PUT, &format!("vhosts/{name}"), Some(json!({})))
            .await;
        management
            .call(
                Method::PUT,
                &format!("permissions/{name}/{user}"),
                Some(everything),
            )
            .await;
        TestVhost {
            url: with_path(&amqp, &name),
            name,
            management,
            users: Mutex::default(),
        }
    }
}

impl TestVhost {
    /// What the management API says under `path` of this vhost: `queues`, `exchanges`, `bindings`.
    pub(crate) async fn list(&self, path: &str) -> Value {
        self.management
            .call(Method::GET, &format!("{path}/{}", self.name), None)
            .await
    }
}

impl TestVhost {
    pub(crate) fn management_url(&self) -> &str {
        &self.management.base
    }

    /// A user of the broker for this vhost alone: name and URL.
    pub(crate) async fn user(&self, rights: Rights) -> (String, String) {
        let user = format!("user-{}", Uuid::new_v4().simple());
        let password = Uuid::new_v4().simple().to_string();
        let account = json!({ "password": password, "tags": "" });
        let path = format!("users/{user}");
        self.management
            .call(Method::PUT, &path, Some(account))
            .await;
        self.users.lock().unwrap().push(user.clone());
        self.permit(&user, rights).await;
        let url = with_user(&self.url, &user, &password);
        (user, url)
    }

    /// From now on, also on connections that are there.
    pub(crate) async fn permit(&self, user: &str, rights: Rights) {
        let path = format!("permissions/{}/{user}", self.name);
        let rights = json!({
            "configure": rights.configure, "write": rights.write, "read": rights.read,
        });
        self.management.call(Method::PUT, &path, Some(rights)).await;
    }

    /// Sets a policy, as whoever operates the broker would: `policies` or `operator-policies`.
    pub(crate) async fn set_policy(&self, kind: &str, name: &str, policy: Value) {
        let path = format!("{kind}/{}/{name}", self.name);
        self.management.call(Method::PUT, &path, Some(policy)).await;
    }

    /// A queue with the default settings, which are not ours.
    pub(crate) async fn declare_classic(&self, queue: &str) {
        let path = format!("queues/{}/{queue}", self.name);
        let durable = Some(json!({ "durable": true }));
        self.management.call(Method::PUT, &path, durable).await;
    }

    /// Cuts every connection of that name, as an operator would; gives how many there were.
    pub(crate) async fn close_connections(&self, connection_name: &str) -> usize {
        let path = format!("vhosts/{}/connections", self.name);
        let all = self.management.call(Method::GET, &path, None).await;
        let mut closed = 0;
        for connection in all.as_array().into_iter().flatten() {
            if connection["client_properties"]["connection_name"] != json!(connection_name) {
                continue;
            }
            let name = connection["name"].as_str().expect("a connection's name");
            let name = name.replace(' ', "%20").replace('>', "%3E");
            self.management
                .call(Method::DELETE, &format!("connections/{name}"), None)
                .await;
            closed += 1;
        }
        closed
    }
}

impl Drop for TestVhost {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        RESTING.lock().unwrap().push_back((Instant::now(), name));
        let users = std::mem::take(&mut *self.users.lock().unwrap());
        let management = self.management.again();
        background::finish(async move {
            for user in users {
                let path = format!("users/{user}");
                management.call(Method::DELETE, &path, None).await;
            }
        });
        self.management.delete_rested();
    }
}

struct Management {
    /// `http://user:password@host:port/api`
    base: String,
    client: Client,
}

impl Management {
    /// `RFA_TEST_MANAGEMENT_URL`, else the plugin's usual port beside the broker.
    fn find(amqp: &str) -> Self {
        let base = std::env::var("RFA_TEST_MANAGEMENT_URL")
            .ok()
            .filter(|url| !url.is_empty())
            .unwrap_or_else(|| {
                let user_info = amqp
                    .split_once("://")
                    .and_then(|(_, rest)| rest.rsplit_once('@'))
                    .map_or("guest:guest", |(user_info, _)| user_info);
                let (_, host) = user_and_host(amqp);
                format!("http://{user_info}@{host}:15672/api")
            });
        Self {
            base: base.trim_end_matches('/').to_owned(),
            client: Client::new(),
        }
    }

    fn again(&self) -> Self {
        Self {
            base: self.base.clone(),
            client: Client::new(),
        }
    }

    /// A run that ended leaves those that had not rested.
    async fn find_leftovers(&self) {
        let all = self.call(Method::GET, "vhosts", None).await;
        let names = all.as_array().into_iter().flatten();
        let names = names.filter_map(|vhost| vhost["name"].as_str());
        let left = names.filter(|name| name.starts_with(PREFIX));
        let mut resting = RESTING.lock().unwrap();
        resting.extend(left.map(|name| (Instant::now(), name.to_owned())));
    }

    fn delete_rested(&self) {
        let mut rested = Vec::new();
        let mut resting = RESTING.lock().unwrap();
        while let Some((_, name)) = resting.pop_front_if(|(since, _)| since.elapsed() >= RESTS) {
            rested.push(name);
        }
        drop(resting);
        if rested.is_empty() {
            return;
        }
        let management = self.again();
        background::finish(async move {
            for name in rested {
                let path = format!("vhosts/{name}");
                management.call(Method::DELETE, &path, None).await;
            }
        });
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self
            .client
            .request(method.clone(), format!("{}/{path}", self.base));
        if let Some(body) = &body {
            request = request.json(body);
        }
        let response = request
            .send()
            .await
            .expect("an answer of the management API");
        let status = response.status();
        let text = response.text().await.expect("the management API's answer");
        // What is to go and has gone already is as wanted: a connection ends by itself too.
        let is_gone = method == Method::DELETE && status == StatusCode::NOT_FOUND;
        assert!(
            status.is_success() || is_gone,
            "{method} {path}: {status} {text}"
        );
        if is_gone {
            return Value::Null;
        }
        if text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&text).expect("JSON from the management API")
    }
}

#[tokio::test]
async fn every_test_has_a_vhost_of_its_own_that_goes_when_it_has_rested() {
    let one = Broker::vhost().await;
    let other = Broker::vhost().await;
    assert_ne!(one.url, other.url);
    assert_eq!(other.list("queues").await, json!([]));

    let connection = lapin::Connection::connect(&one.url, lapin::ConnectionProperties::default())
        .await
        .expect("a connection to the fresh vhost");
    assert!(connection.status().connected());

    let name = one.name.clone();
    drop(one);
    until("it has gone", 4 * RESTS, || async {
        other.management.delete_rested();
        let left = other.management.call(Method::GET, "vhosts", None).await;
        let mut left = left.as_array().into_iter().flatten();
        left.all(|vhost| vhost["name"] != json!(name)).then_some(())
    })
    .await;
}
