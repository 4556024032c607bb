//! The Secret Service of freedesktop.org, as GNOME Keyring, KWallet and KeePassXC speak it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::bus::{Bus, Message, Method};
use super::wire::Body;
use super::{Entry, KeyringError, Place};
use crate::domain::Secret;

const SERVICE: &str = "org.freedesktop.secrets";
const ROOT: &str = "/org/freedesktop/secrets";
const OF_SERVICE: &str = "org.freedesktop.Secret.Service";
const OF_COLLECTION: &str = "org.freedesktop.Secret.Collection";
const OF_ITEM: &str = "org.freedesktop.Secret.Item";
const OF_PROMPT: &str = "org.freedesktop.Secret.Prompt";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const BUS: &str = "org.freedesktop.DBus";

/// How long somebody may take to type the password of a keyring.
const PATIENCE: Duration = Duration::from_secs(120);

/// More entries are not looked at one by one.
const MOST_LISTED: usize = 64;

/// What an object path is when there is none.
const NOWHERE: &str = "/";

/// A conversation with the keyring.
pub(super) struct Service {
    bus: Bus,
    may_prompt: bool,
}

impl Service {
    pub(super) fn reach(place: &Place) -> Result<Self, KeyringError> {
        let address = place.address.as_deref().ok_or(KeyringError::NoBus)?;
        Ok(Self { bus: Bus::connect(address, place.limit)?, may_prompt: place.may_prompt })
    }

    /// Whether a key could be stored and read now.
    pub(super) fn check(&mut self) -> Result<(), KeyringError> {
        let collection = self.default_collection()?;
        let reply = self.property(&collection, OF_COLLECTION, "Locked")?;
        let mut reader = reply.reader();
        match reader.signature().and_then(|_| reader.truth()).ok_or(KeyringError::Broken)? {
            true => Err(KeyringError::Locked),
            false => Ok(()),
        }
    }

    /// The keys of a provider, with the origin each was given for.
    pub(super) fn entries(&mut self, provider: &str) -> Result<Vec<Entry>, KeyringError> {
        let items = self.open_items(provider)?;
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let session = self.session()?;
        items.iter().map(|item| Ok(Entry { origin: self.origin(item)?, key: self.secret(item, &session)? })).collect()
    }

    /// Stores a key and removes what was stored for the provider before.
    pub(super) fn store(&mut self, provider: &str, origin: &str, key: &Secret) -> Result<(), KeyringError> {
        let collection = self.default_collection()?;
        self.unlock(&collection)?;
        let session = self.session()?;
        let former = self.search(provider)?;
        let label = format!("gptos: {provider}");
        let body = Body::new("a{sv}(oayays)b", |body| {
            body.array(8, |body| {
                body.align(8);
                body.text("org.freedesktop.Secret.Item.Label");
                body.signature("s");
                body.text(&label);
                body.align(8);
                body.text("org.freedesktop.Secret.Item.Attributes");
                body.signature("a{ss}");
                body.pairs(&[("application", "gptos"), ("origin", origin), ("provider", provider)]);
            });
            body.align(8);
            body.text(&session);
            body.bytes(&[]);
            body.bytes(key.expose().as_bytes());
            body.text("text/plain; charset=utf8");
            body.truth(true);
        });
        let reply = self.call(&collection, OF_COLLECTION, "CreateItem", &body)?;
        let mut reader = reply.reader();
        let made = reader.text().ok_or(KeyringError::Broken)?.to_owned();
        let prompt = reader.text().ok_or(KeyringError::Broken)?.to_owned();
        self.wait_for(&prompt)?;
        let former = former.0.into_iter().chain(former.1);
        for item in former.filter(|item| *item != made && made != NOWHERE) {
            self.delete(&item)?;
        }
        Ok(())
    }

    /// Removes what is stored for a provider and says whether there was anything.
    pub(super) fn remove(&mut self, provider: &str) -> Result<bool, KeyringError> {
        let items = self.open_items(provider)?;
        for item in &items {
            self.delete(item)?;
        }
        Ok(!items.is_empty())
    }

    /// The providers for which something is stored.
    pub(super) fn providers(&mut self) -> Result<Vec<String>, KeyringError> {
        let (open, locked) = self.search_by(&[("application", "gptos")])?;
        let names: Result<Vec<String>, _> =
            open.iter().chain(&locked).take(MOST_LISTED).map(|item| self.attribute(item, "provider")).collect();
        names.map(|mut names| {
            names.sort();
            names.dedup();
            names
        })
    }

    /// A number that changes when what is stored for a provider does, or is locked or unlocked.
    pub(super) fn state(&mut self, provider: &str) -> Result<u64, KeyringError> {
        let (open, locked) = self.search(provider)?;
        let mut state = DefaultHasher::default();
        locked.hash(&mut state);
        if !open.is_empty() {
            let session = self.session()?;
            for item in &open {
                // Two changes within a second have the same time, so that of the change does not tell.
                self.secret(item, &session)?.expose().hash(&mut state);
            }
        }
        Ok(state.finish())
    }

    fn open_items(&mut self, provider: &str) -> Result<Vec<String>, KeyringError> {
        let (mut open, locked) = self.search(provider)?;
        for item in locked {
            self.unlock(&item)?;
            open.push(item);
        }
        Ok(open)
    }

    /// The items of a provider: those that can be read, and those that are locked.
    fn search(&mut self, provider: &str) -> Result<(Vec<String>, Vec<String>), KeyringError> {
        self.search_by(&[("application", "gptos"), ("provider", provider)])
    }

    fn search_by(&mut self, attributes: &[(&str, &str)]) -> Result<(Vec<String>, Vec<String>), KeyringError> {
        let body = Body::new("a{ss}", |body| body.pairs(attributes));
        let reply = self.call(ROOT, OF_SERVICE, "SearchItems", &body)?;
        let mut reader = reply.reader();
        let both = reader.texts().and_then(|open| Some((open, reader.texts()?)));
        both.ok_or(KeyringError::Broken)
    }

    fn origin(&mut self, item: &str) -> Result<String, KeyringError> {
        self.attribute(item, "origin")
    }

    /// An attribute of an item, which can be read while it is locked; empty when it has none of this name.
    fn attribute(&mut self, item: &str, wanted: &str) -> Result<String, KeyringError> {
        let reply = self.property(item, OF_ITEM, "Attributes")?;
        let mut reader = reply.reader();
        let mut pairs = reader.signature().and_then(|_| reader.array(8)).ok_or(KeyringError::Broken)?;
        while !pairs.is_at_end() {
            pairs.align(8);
            let pair = pairs.text().and_then(|name| Some((name, pairs.text()?)));
            let (name, value) = pair.ok_or(KeyringError::Broken)?;
            if name == wanted {
                return Ok(value.to_owned());
            }
        }
        Ok(String::new())
    }

    fn secret(&mut self, item: &str, session: &str) -> Result<Secret, KeyringError> {
        let reply = self.call(item, OF_ITEM, "GetSecret", &Body::new("o", |body| body.text(session)))?;
        let mut reader = reply.reader();
        reader.align(8);
        let value = reader.text().and_then(|_| reader.bytes()).and_then(|_| reader.bytes()).ok_or(KeyringError::Broken)?;
        super::super::only_line(value).map_err(KeyringError::NotAKey)
    }

    fn delete(&mut self, item: &str) -> Result<(), KeyringError> {
        let reply = self.call(item, OF_ITEM, "Delete", &Body::empty())?;
        let prompt = reply.reader().text().ok_or(KeyringError::Broken)?.to_owned();
        self.wait_for(&prompt)
    }

    /// Secrets pass the bus as they are: it belongs to this user, and whoever may listen there may ask for them too.
    fn session(&mut self) -> Result<String, KeyringError> {
        let body = Body::new("sv", |body| {
            body.text("plain");
            body.signature("s");
            body.text("");
        });
        let reply = self.call(ROOT, OF_SERVICE, "OpenSession", &body)?;
        let mut reader = reply.reader();
        let session = reader.signature().and_then(|_| reader.text()).and_then(|_| reader.text());
        session.map(str::to_owned).ok_or(KeyringError::Broken)
    }

    fn default_collection(&mut self) -> Result<String, KeyringError> {
        let reply = self.call(ROOT, OF_SERVICE, "ReadAlias", &Body::new("s", |body| body.text("default")))?;
        match reply.reader().text().ok_or(KeyringError::Broken)? {
            NOWHERE => Err(KeyringError::NoDefault),
            collection => Ok(collection.to_owned()),
        }
    }

    fn unlock(&mut self, object: &str) -> Result<(), KeyringError> {
        let body = Body::new("ao", |body| body.array(4, |body| body.text(object)));
        let reply = self.call(ROOT, OF_SERVICE, "Unlock", &body)?;
        let mut reader = reply.reader();
        let prompt = reader.texts().and_then(|_| reader.text()).ok_or(KeyringError::Broken)?.to_owned();
        self.wait_for(&prompt)
    }

    /// Lets the keyring ask the user where somebody is there to be asked.
    fn wait_for(&mut self, prompt: &str) -> Result<(), KeyringError> {
        if prompt == NOWHERE {
            return Ok(());
        }
        if !self.may_prompt {
            return Err(KeyringError::Locked);
        }
        self.bus.extend(PATIENCE);
        let rule = format!("type='signal',interface='{OF_PROMPT}',member='Completed',path='{prompt}'");
        let listen = Method { service: BUS, object: "/org/freedesktop/DBus", interface: BUS, name: "AddMatch" };
        self.bus.call(listen, &Body::new("s", |body| body.text(&rule)))?;
        self.call(prompt, OF_PROMPT, "Prompt", &Body::new("s", |body| body.text("")))?;
        let ended = self.bus.signal(prompt, "Completed")?;
        match ended.reader().truth().ok_or(KeyringError::Broken)? {
            true => Err(KeyringError::Locked),
            false => Ok(()),
        }
    }

    fn property(&mut self, object: &str, interface: &str, name: &str) -> Result<Message, KeyringError> {
        let body = Body::new("ss", |body| {
            body.text(interface);
            body.text(name);
        });
        self.call(object, PROPERTIES, "Get", &body)
    }

    fn call(&mut self, object: &str, interface: &str, name: &str, body: &Body) -> Result<Message, KeyringError> {
        self.bus.call(Method { service: SERVICE, object, interface, name }, body)
    }
}
