//! The rules of the house, as tests over the source itself: layers, sizes, names, secrets, README.

mod layers;
mod places;
mod readme;
mod registry;
mod sizes;
mod source;
mod texts;
