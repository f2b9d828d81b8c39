#!/bin/sh
# Run once by the database's image on an empty volume. The portal signs in as a role that is no superuser.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$APPLICATION_PASSWORD" -U postgres <<'SQL'
CREATE ROLE swms LOGIN PASSWORD :'password';
CREATE DATABASE swms OWNER swms;
SQL
