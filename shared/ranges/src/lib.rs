//! Which address lies where: the published ranges of clouds.
