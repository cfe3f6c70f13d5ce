using System.Text.Json;
using DelphiRunner.Plugins.Delphi.Settings;
using Npgsql;

namespace DelphiRunner.Plugins.Tests.Delphi.Settings;

public sealed class DatabaseReaderTests
{
    private static readonly (string, string)[] Parts =
        [("DATABASE_HOST", "db"), ("DATABASE_PORT", "5433"), ("DATABASE_NAME", "polis"), ("DATABASE_USER", "u"), ("DATABASE_PASSWORD", "p;w=1")];

    [Test]
    public void Without_settings_and_variables_there_is_no_database()
    {
        Assert.That(Read("{}", ("DATABASE_HOST", " "), ("DATABASE_URL", "")).IsConfigured, Is.False);
    }

    [Test]
    public void The_variables_of_the_scripts_are_read_and_encryption_is_required()
    {
        var database = Read("{}", Parts);

        var read = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        Assert.That(
            (read.Host, read.Port, read.Database, read.Username, read.Password, read.SslMode),
            Is.EqualTo(("db", 5433, "polis", "u", "p;w=1", SslMode.Require)));
        Assert.That(database.Address, Is.EqualTo("db:5433/polis"));
    }

    [TestCase("disable", SslMode.Disable)]
    [TestCase("verify-full", SslMode.VerifyFull)]
    public void The_encryption_can_be_chosen(string mode, SslMode expected)
    {
        Assert.That(new NpgsqlConnectionStringBuilder(Read("{}", [.. Parts, ("DATABASE_SSL_MODE", mode)]).ConnectionString).SslMode, Is.EqualTo(expected));
    }

    [TestCase("postgres://u:p%40s%2Fw@db:5433/polis?sslmode=disable&application_name=x", "db:5433/polis", SslMode.Disable)]
    [TestCase("postgresql://u:p%40s%2Fw@db/polis", "db:5432/polis", SslMode.Prefer)]
    [TestCase("postgresql+psycopg2://u:p%40s%2Fw@db/polis?sslmode=require", "db:5432/polis", SslMode.Require)]
    public void An_address_is_read_before_the_single_variables(string written, string address, SslMode mode)
    {
        var database = Read("{}", [.. Parts, ("DATABASE_URL", written)]);

        var read = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        Assert.That((database.Address, read.Username, read.Password, read.SslMode), Is.EqualTo((address, "u", "p@s/w", mode)));
    }

    [Test]
    public void The_settings_win_key_by_key_and_may_name_the_variable_of_the_password()
    {
        var database = Read(
            """{ "host": "replica", "ssl_mode": "disable", "password_variable": "READER_PASSWORD" }""",
            [.. Parts, ("DATABASE_URL", "postgres://u:p@other/polis"), ("READER_PASSWORD", "reader's")]);

        var read = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        Assert.That((read.Host, read.Port, read.Password, read.SslMode), Is.EqualTo(("replica", 5433, "reader's", SslMode.Disable)));
    }

    [TestCase("DATABASE_URL", "mysql://u:hidden@db/polis", "DATABASE_URL is no address of the form postgres://user:password@host:port/name.")]
    [TestCase("DATABASE_URL", "postgres://u:hidden@db", "DATABASE_URL is no address")]
    [TestCase("DATABASE_URL", "u:hidden@db/polis", "DATABASE_URL is no address")]
    [TestCase("DATABASE_URL", "postgres://u:hidden@db/polis?sslmode=hidden", "DATABASE_URL has an unknown sslmode; it must be one of disable, ")]
    [TestCase("DATABASE_PORT", "hidden", "DATABASE_PORT must be a whole number from 1 to 65535.")]
    [TestCase("DATABASE_SSL_MODE", "hidden", "DATABASE_SSL_MODE must be one of disable, ")]
    [TestCase("DATABASE_NAME", "", "DATABASE_NAME is not set, although a database's host is.")]
    [TestCase("DATABASE_USER", "", "DATABASE_USER is not set")]
    public void A_variable_that_cannot_be_used_is_named_without_its_value(string name, string value, string said)
    {
        var database = Read("{}", [.. Parts.Where(part => part.Item1 != name), (name, value)]);

        Assert.That((database.IsConfigured, database.ConnectionString), Is.EqualTo((true, (string?)null)));
        Assert.That(database.Problem, Does.StartWith(said).And.Not.Contain("hidden"));
    }

    [Test]
    public void No_text_shows_the_password()
    {
        Assert.That(Read("{}", Parts).ToString(), Is.EqualTo("db:5433/polis"));
        Assert.That(SettingsReader.Read(
            new Contracts.HandlerSettings { Json = "{}", Folder = "/" }, name => Parts.FirstOrDefault(part => part.Item1 == name).Item2).ToString(),
            Does.Not.Contain("p;w=1"));
    }

    private static DatabaseSettings Read(string json, params (string Name, string Value)[] variables)
    {
        var problems = new List<string>();
        var database = DatabaseReader.Read(
            new SettingsSection("database", JsonElement.Parse(json), problems), name => variables.FirstOrDefault(variable => variable.Name == name).Value);
        Assert.That(problems, Is.Empty);
        return database;
    }
}
