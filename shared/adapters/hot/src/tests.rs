//! What may be told from memory, and what may not.

mod faith;
mod hits;
mod races;
mod scene;
mod shelf;
mod size;
