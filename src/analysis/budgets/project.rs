//! Which project a budget means: by its whole name, or by a folder's last name where only one folder is called so.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::analysis::books::Books;
use crate::domain::ids::ProjectId;
use crate::domain::policy::Budget;

/// A budget with its project's whole name.
///
/// # Errors
/// The folders it may mean, when there are several.
pub(super) fn meant<'a>(
    budget: &'a Budget,
    books: &[Books<'_>],
) -> Result<Cow<'a, Budget>, Vec<String>> {
    let Some(wanted) = &budget.project else {
        return Ok(Cow::Borrowed(budget));
    };
    let slots = books.iter().flat_map(|books| books.usage.slots.iter());
    let known: BTreeSet<&ProjectId> = slots.filter_map(|slot| slot.who.project.as_ref()).collect();
    if known.contains(wanted) {
        return Ok(Cow::Borrowed(budget));
    }
    let wanted = trimmed(wanted);
    let called = known.into_iter().filter(|id| {
        let whole = trimmed(id);
        whole == wanted || last_name(whole) == Some(wanted)
    });
    let called: Vec<&ProjectId> = called.collect();
    match called.as_slice() {
        [] => Ok(Cow::Borrowed(budget)),
        [one] => Ok(Cow::Owned(Budget {
            project: Some((*one).clone()),
            ..budget.clone()
        })),
        several => Err(several.iter().map(ToString::to_string).collect()),
    }
}

fn trimmed(id: &ProjectId) -> &str {
    id.as_str().trim_end_matches(['/', '\\'])
}

/// The last name of a folder. `None`: it is none.
fn last_name(folder: &str) -> Option<&str> {
    Some(folder.rsplit_once(['/', '\\'])?.1)
}
