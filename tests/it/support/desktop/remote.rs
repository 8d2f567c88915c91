//! A tray icon seen over the bus, as a host sees it.

use std::collections::HashMap;

use futures_util::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use zbus::zvariant::{OwnedValue, Structure, Value};
use zbus::{Connection, MatchRule, MessageStream, message};

use super::{Outcome, soon};

const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";
/// Where our own icon and its menu lie.
const PATHS: [&str; 2] = ["/StatusNotifierItem", "/MenuBar"];

type Properties = HashMap<String, OwnedValue>;
type Removed = Vec<(i32, Vec<String>)>;
type Node = (i32, Properties, Vec<OwnedValue>);

/// An icon of another connection.
pub(crate) struct RemoteItem {
    connection: Connection,
    /// Its name on the bus.
    pub(crate) name: String,
    /// Where the icon and its menu lie.
    paths: [String; 2],
    signals: UnboundedReceiver<String>,
}

/// A row of its menu.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its number.
    pub(crate) number: i32,
    depth: usize,
    properties: Properties,
}

impl RemoteItem {
    /// Listens to an icon from now on; it is told by its name on the bus, and its path behind that if it is not ours.
    pub(crate) async fn new(connection: &Connection, icon: &str) -> Outcome<Self> {
        let (name, paths) = match icon.find('/') {
            Some(at) => {
                let (name, path) = icon.split_at(at);
                (name, [path.to_owned(), format!("{path}/Menu")])
            }
            None => (icon, PATHS.map(str::to_owned)),
        };
        let (sender, signals) = unbounded_channel();
        let rule = MatchRule::builder()
            .msg_type(message::Type::Signal)
            .sender(name.to_owned())?
            .build();
        let mut stream = MessageStream::for_match_rule(rule, connection, None).await?;
        tokio::spawn(async move {
            while let Some(Ok(signal)) = stream.next().await {
                drop(sender.send(described(&signal)));
            }
        });
        Ok(Self {
            connection: connection.clone(),
            name: name.to_owned(),
            paths,
            signals,
        })
    }

    /// The next signal: its name, and what it says.
    pub(crate) async fn signal(&mut self) -> Outcome<String> {
        let signal = soon("a signal", self.signals.recv()).await?;
        signal.ok_or_else(|| "the bus has gone".into())
    }

    /// All signals up to the one that begins so.
    pub(crate) async fn signals_until(&mut self, last: &str) -> Outcome<Vec<String>> {
        let mut signals = Vec::new();
        loop {
            let signal = self.signal().await?;
            let found = signal.starts_with(last);
            signals.push(signal);
            if found {
                return Ok(signals);
            }
        }
    }

    /// A property of the icon.
    pub(crate) async fn property(&self, name: &str) -> Outcome<OwnedValue> {
        let answer = self
            .connection
            .call_method(
                Some(self.name.as_str()),
                self.paths[0].as_str(),
                Some("org.freedesktop.DBus.Properties"),
                "Get",
                &(ITEM, name),
            )
            .await?;
        Ok(answer.body().deserialize()?)
    }

    /// A text property of the icon.
    pub(crate) async fn text(&self, name: &str) -> Outcome<String> {
        Ok(String::try_from(self.property(name).await?)?)
    }

    /// Calls a method of the icon or of the menu.
    pub(crate) async fn call<B>(
        &self,
        interface: &str,
        method: &str,
        body: &B,
    ) -> Outcome<zbus::Message>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        let [item, menu] = &self.paths;
        let path = if interface == MENU { menu } else { item };
        let answer = self
            .connection
            .call_method(
                Some(self.name.as_str()),
                path.as_str(),
                Some(interface),
                method,
                body,
            )
            .await?;
        Ok(answer)
    }

    /// The rows of the menu, from the top.
    pub(crate) async fn rows(&self) -> Outcome<Vec<Row>> {
        let none: [&str; 0] = [];
        let answer = self
            .call(MENU, "GetLayout", &(0_i32, -1_i32, none.as_slice()))
            .await?;
        let (_, root): (u32, Node) = answer.body().deserialize()?;
        let mut rows = Vec::new();
        for child in root.2 {
            collect(child, 0, &mut rows)?;
        }
        Ok(rows)
    }

    /// The menu as text: one row a line, submenus indented, marks before and pictures behind.
    pub(crate) async fn menu(&self) -> Outcome<String> {
        let lines: Vec<String> = self.rows().await?.iter().map(Row::line).collect();
        Ok(lines.join("\n"))
    }

    /// The first row that begins so.
    pub(crate) async fn row(&self, label: &str) -> Outcome<Row> {
        let rows = self.rows().await?;
        let found = rows.into_iter().find(|row| row.label().starts_with(label));
        found.ok_or_else(|| format!("no row {label}").into())
    }

    /// Clicks the row that begins so.
    pub(crate) async fn click(&self, label: &str) -> Outcome {
        let row = self.row(label).await?;
        self.event(row.number, "clicked").await
    }

    /// Tells that something happened to a row; 0 is the menu itself.
    pub(crate) async fn event(&self, row: i32, what: &str) -> Outcome {
        let event = (row, what, Value::from(0_i32), 0_u32);
        self.call(MENU, "Event", &event).await.map(drop)
    }

    /// Tells that the menu is about to be shown; whether it has changed.
    pub(crate) async fn about_to_show(&self) -> Outcome<bool> {
        let answer = self.call(MENU, "AboutToShow", &(0_i32)).await?;
        Ok(answer.body().deserialize()?)
    }

    /// A middle click.
    pub(crate) async fn middle_click(&self) -> Outcome {
        self.call(ITEM, "SecondaryActivate", &(0_i32, 0_i32))
            .await
            .map(drop)
    }
}

impl Row {
    /// What it says.
    pub(crate) fn label(&self) -> String {
        let label = self.value::<String>("label").unwrap_or_default();
        label
            .replace("__", "\0")
            .replace('_', "")
            .replace('\0', "_")
    }

    fn value<T: TryFrom<OwnedValue>>(&self, name: &str) -> Option<T> {
        let value = self.properties.get(name)?.try_clone().ok()?;
        T::try_from(value).ok()
    }

    fn line(&self) -> String {
        let indent = "  ".repeat(self.depth);
        if self.value::<String>("type").as_deref() == Some("separator") {
            return format!("{indent}---");
        }
        let mark = match self.value::<i32>("toggle-state") {
            Some(1) => "[x] ",
            Some(_) => "[ ] ",
            None => "",
        };
        let picture = if self.properties.contains_key("icon-data") {
            " {picture}"
        } else {
            ""
        };
        let arrow = if self.properties.contains_key("children-display") {
            " >"
        } else {
            ""
        };
        let grey = if self.value::<bool>("enabled") == Some(false) {
            " (grey)"
        } else {
            ""
        };
        format!("{indent}{mark}{}{picture}{grey}{arrow}", self.label())
    }
}

fn collect(child: OwnedValue, depth: usize, rows: &mut Vec<Row>) -> Outcome {
    let structure = Structure::try_from(Value::from(child))?;
    let (number, properties, children) = Node::try_from(structure)?;
    rows.push(Row {
        number,
        depth,
        properties,
    });
    for child in children {
        collect(child, depth + 1, rows)?;
    }
    Ok(())
}

fn described(signal: &message::Message) -> String {
    let header = signal.header();
    let name = header.member().map(ToString::to_string).unwrap_or_default();
    let body = signal.body();
    if let Ok((revision, parent)) = body.deserialize::<(u32, i32)>() {
        return format!("{name} {revision} {parent}");
    }
    if let Ok((label, _guide)) = body.deserialize::<(String, String)>() {
        return format!("{name} {label}");
    }
    if let Ok((changed, removed)) = body.deserialize::<(Vec<(i32, Properties)>, Removed)>() {
        let changed = changed.iter().map(|(row, properties)| {
            let mut names: Vec<_> = properties.keys().map(String::as_str).collect();
            names.sort_unstable();
            format!(" {row}:{}", names.join("+"))
        });
        let removed = removed
            .iter()
            .map(|(row, names)| format!(" {row}:-{}", names.join("-")));
        return format!("{name}{}", changed.chain(removed).collect::<String>());
    }
    name
}
