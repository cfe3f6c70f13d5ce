using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DelphiRunner.Plugins.Tests.Postgres;

/// <summary>A PostgreSQL server of its own, in a temporary folder and on a free loopback port, with a table <c>comments</c>.</summary>
/// <remarks>It wants a password, offers encryption with a certificate that it made itself, and logs every statement.</remarks>
internal sealed class PostgresServer : IAsyncDisposable
{
    public const string User = "polis";
    public const string Password = "s3cret of polis/@:";
    public const string Database = "postgres";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("delphi-postgres-").FullName;
    private readonly ServerLog _log = new();
    private Process? _process;
    private Task _read = Task.CompletedTask;

    private PostgresServer()
    {
    }

    public int Port { get; private set; }

    private string DataFolder => Path.Combine(_folder, "data");

    /// <summary>Makes and starts a server; skips the test where there is no PostgreSQL.</summary>
    public static async Task<PostgresServer> StartAsync()
    {
        PostgresInstallation.Require();
        var server = new PostgresServer();
        try
        {
            await server.CreateAsync();
            await server.StartAgainAsync();
            await server.QueryAsync("CREATE TABLE comments (zid INTEGER NOT NULL, tid INTEGER NOT NULL, txt TEXT, PRIMARY KEY (zid, tid))");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server, on the port that it had before.</summary>
    public async Task StartAgainAsync()
    {
        for (var tries = 1; ; tries++)
        {
            Port = Port == 0 || tries > 1 ? FreePort() : Port;
            if (await TryStartAsync())
            {
                return;
            }

            Assert.That(tries, Is.LessThan(5), $"The server did not start:\n{_log}");
        }
    }

    /// <summary>Stops the server at once and cleanly; whoever is connected loses its connection.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process)
        {
            return;
        }

        _process = null;
        using (process)
        {
            if (!process.HasExited)
            {
                using var kill = Process.Start(new ProcessStartInfo("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]));
                await kill!.WaitForExitAsync(); // Started, or it would have thrown.
            }

            await process.WaitForExitAsync().WaitAsync(Soon);
            await _read;
        }
    }

    /// <summary>Puts comments into a conversation.</summary>
    public Task AddCommentsAsync(int conversation, int count) => QueryAsync(string.Create(
        CultureInfo.InvariantCulture, $"INSERT INTO comments SELECT {conversation}, number, 'A comment.' FROM generate_series(1, {count}) AS number"));

    public Task<string> QueryAsync(string sql) => PostgresInstallation.RunAsync(Prepare("psql", ClientArguments), sql);

    /// <summary>Keeps everybody from reading the comments until the result is disposed.</summary>
    public async Task<IAsyncDisposable> LockCommentsAsync()
    {
        var process = Process.Start(Prepare("psql", ClientArguments)) ?? throw new InvalidOperationException("'psql' did not start.");
        await process.StandardInput.WriteLineAsync("BEGIN; LOCK TABLE comments IN ACCESS EXCLUSIVE MODE; SELECT 'it is locked';");
        await process.StandardInput.FlushAsync();
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(Soon) is { } line && !line.Contains("it is locked", StringComparison.Ordinal))
        {
        }

        return new Lock(process);
    }

    /// <summary>Counts how often something was asked for the comments of a conversation.</summary>
    public async Task<int> CountQueriesAsync()
    {
        // What was logged before this statement has been read when it has.
        var mark = Guid.NewGuid().ToString();
        await QueryAsync($"SELECT '{mark}'");
        await _log.WaitForAsync(mark, Soon);
        return _log.Lines.Count(line => line.Contains("SELECT COUNT(*) FROM comments WHERE zid", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string[] ClientArguments => ["--no-psqlrc", "--quiet", "--tuples-only", "--set=ON_ERROR_STOP=1"];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task CreateAsync()
    {
        var password = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(password, Password);
        await PostgresInstallation.GiveToServerAsync(_folder);
        await PostgresInstallation.RunAsync(PostgresInstallation.Prepare(
            "initdb", $"--pgdata={DataFolder}", $"--username={User}", $"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"));
        await WriteCertificateAsync();
        await PostgresInstallation.GiveToServerAsync(_folder);
    }

    private async Task WriteCertificateAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(Path.Combine(DataFolder, "server.crt"), certificate.ExportCertificatePem());
        var file = Path.Combine(DataFolder, "server.key");
        await File.WriteAllTextAsync(file, key.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private async Task<bool> TryStartAsync()
    {
        string[] options =
        [
            "listen_addresses=127.0.0.1", $"unix_socket_directories={_folder}", "ssl=on", "fsync=off", "log_statement=all", "logging_collector=off",
        ];
        var port = Port.ToString(CultureInfo.InvariantCulture);
        var start = PostgresInstallation.Prepare("postgres", ["-D", DataFolder, "-p", port, .. options.SelectMany(option => new[] { "-c", option })]);
        _process = Process.Start(start) ?? throw new InvalidOperationException("'postgres' did not start.");
        _process.StandardInput.Close();
        var ready = _log.WaitForNextAsync("database system is ready to accept connections", Soon);
        _read = Task.WhenAll(_log.ReadAsync(_process.StandardError), _process.StandardOutput.ReadToEndAsync());
        await Task.WhenAny(ready, _process.WaitForExitAsync());
        if (ready.IsCompletedSuccessfully)
        {
            return true;
        }

        await StopAsync();
        return false;
    }

    private ProcessStartInfo Prepare(string program, params IEnumerable<string> arguments)
    {
        var start = PostgresInstallation.Prepare(program, arguments);
        start.Environment["PGHOST"] = "127.0.0.1";
        start.Environment["PGPORT"] = Port.ToString(CultureInfo.InvariantCulture);
        start.Environment["PGUSER"] = User;
        start.Environment["PGPASSWORD"] = Password;
        start.Environment["PGDATABASE"] = Database;
        return start;
    }

    private sealed class Lock(Process process) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            // The end of its input ends the client, and with it the transaction.
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
