//! What a musician would notice: the engine played by events, its output measured.

mod blocks;
mod controllers;
mod dense;
mod late;
mod measure;
mod notes;
mod packs;
mod paths;
mod pitch;
mod point;
mod quality;
mod random;
mod stage;
mod unity;
