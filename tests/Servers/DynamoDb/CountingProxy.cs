using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace DelphiRunner.TestServers.DynamoDb;

/// <summary>
/// Stands between hosts and a server, so that requests are counted below the SDK, with its retries, and whichever process sends them. It asks
/// the server for the capacity that each request consumes. What the server does not imitate, a refused permission or a throttled request, it answers itself.
/// </summary>
/// <remarks>
/// With an index lag it hands over the answers of queries that much later than the server gave them: what a host sees of an index is then at
/// least so old, as it is with an index that lags.
/// </remarks>
internal sealed partial class CountingProxy : IAsyncDisposable
{
    private const string TargetPrefix = "DynamoDB_20120810.";

    private static readonly byte[] AskForCapacity = Encoding.UTF8.GetBytes("{\"ReturnConsumedCapacity\":\"TOTAL\",");

    private readonly HttpListener _listener;
    private readonly HttpClient _server;
    private readonly TimeSpan _indexLag;
    private readonly Task _accepting;
    private readonly Lock _lock = new();
    private RequestCounts _counts = new();
    private int _underWay;
    private TaskCompletionSource? _quiet;

    private CountingProxy(HttpListener listener, Uri endpoint, Uri server, TimeSpan indexLag)
    {
        _listener = listener;
        Endpoint = endpoint;
        _server = new HttpClient { BaseAddress = server };
        _indexLag = indexLag;
        _accepting = AcceptAsync();
    }

    /// <summary>
    /// Looks at each request, given as its operation and its JSON, before the server does: gives the code of an error to answer with, such as
    /// <c>AccessDeniedException</c>, or null to let it through. It may take its time.
    /// </summary>
    public Func<string, string, Task<string?>> Refuse { get; set; } = (_, _) => Task.FromResult<string?>(null);

    /// <summary>What hosts have to use as the server's address.</summary>
    public Uri Endpoint { get; }

    public RequestCounts Counts
    {
        get
        {
            lock (_lock)
                return _counts;
        }
    }

    public static CountingProxy Start(DynamoDbServer server, TimeSpan indexLag = default)
    {
        while (true)
        {
            var endpoint = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{LoopbackPort.Free()}/"));
            var listener = new HttpListener { Prefixes = { endpoint.AbsoluteUri } };
            try
            {
                listener.Start();
                return new CountingProxy(listener, endpoint, server.Endpoint, indexLag);
            }
            catch (HttpListenerException)
            {
                // Somebody else took the port meanwhile.
                listener.Close();
            }
        }
    }

    /// <summary>Completes at a moment at which no request is under way: what the server was given, it has answered.</summary>
    public Task WaitForQuietAsync()
    {
        lock (_lock)
        {
            if (_underWay == 0)
                return Task.CompletedTask;

            _quiet ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _quiet.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        _listener.Close();
        _server.Dispose();
    }

    [GeneratedRegex("\"CapacityUnits\":([0-9.]+)")]
    private static partial Regex CapacityUnits { get; }

    private async Task AcceptAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                // The listener was stopped.
                return;
            }

            _ = AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        lock (_lock)
            _underWay++;

        try
        {
            var operation = (context.Request.Headers["X-Amz-Target"] ?? "").Replace(TargetPrefix, "", StringComparison.Ordinal);
            using var request = await ForwardedAsync(context.Request);
            if (await Refuse(operation, await request.Content!.ReadAsStringAsync()) is { } code)
            {
                using var refusal = Refusal(operation, code);
                await WriteAsync(context.Response, refusal, await refusal.Content.ReadAsByteArrayAsync());
                return;
            }

            using var response = await _server.SendAsync(request);
            var body = await response.Content.ReadAsByteArrayAsync();
            Count(operation, response.StatusCode, body);
            if (operation == "Query" && _indexLag > TimeSpan.Zero)
                await Task.Delay(_indexLag);

            await WriteAsync(context.Response, response, body);
        }
        catch (Exception exception) when (exception is HttpRequestException or HttpListenerException or IOException or ObjectDisposedException)
        {
            // The server or the host has gone; the host sees a connection that was reset, as it would without the proxy.
            context.Response.Abort();
        }
        finally
        {
            Leave();
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_underWay > 0)
                return;

            _quiet?.SetResult();
            _quiet = null;
        }
    }

    private static HttpResponseMessage Refusal(string operation, string code) => new(HttpStatusCode.BadRequest)
    {
        Content = new StringContent(
            $$"""{"__type":"com.amazonaws.dynamodb.v20120810#{{code}}","message":"{{operation}} was answered with {{code}}."}""",
            Encoding.UTF8,
            "application/x-amz-json-1.0"),
    };

    private static async Task<HttpRequestMessage> ForwardedAsync(HttpListenerRequest request)
    {
        using var body = new MemoryStream();
        await request.InputStream.CopyToAsync(body);
        var message = new HttpRequestMessage(HttpMethod.Post, (Uri?)null) { Content = new ByteArrayContent(WithCapacity(body.ToArray())) };
        message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(request.ContentType ?? "application/x-amz-json-1.0");
        foreach (var name in new[] { "X-Amz-Target", "X-Amz-Date", "Authorization" })
            message.Headers.TryAddWithoutValidation(name, request.Headers[name]);

        return message;
    }

    private static byte[] WithCapacity(byte[] body) =>
        body.Length < 3 || body.AsSpan().IndexOf("\"ReturnConsumedCapacity\""u8) >= 0 ? body : [.. AskForCapacity, .. body.AsSpan(1)];

    private static async Task WriteAsync(HttpListenerResponse answer, HttpResponseMessage response, byte[] body)
    {
        answer.StatusCode = (int)response.StatusCode;
        answer.ContentType = response.Content.Headers.ContentType?.ToString();
        answer.ContentLength64 = body.Length;
        foreach (var name in new[] { "x-amzn-RequestId", "x-amz-crc32" })
        {
            if (response.Headers.TryGetValues(name, out var values))
                answer.Headers[name] = values.First();
        }

        await answer.OutputStream.WriteAsync(body);
        answer.Close();
    }

    private void Count(string operation, HttpStatusCode status, byte[] body)
    {
        var text = Encoding.UTF8.GetString(body);
        var isFailedCondition = status == HttpStatusCode.BadRequest && text.Contains("ConditionalCheckFailedException", StringComparison.Ordinal);
        var units = status == HttpStatusCode.OK ? CapacityUnits.Matches(text).Sum(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)) : 0;
        var isRead = operation is "Query" or "GetItem" or "Scan" or "BatchGetItem" or "TransactGetItems";
        lock (_lock)
        {
            _counts = _counts with
            {
                Requests = _counts.Requests.SetItem(operation, _counts.Of(operation) + 1),
                FailedConditions = _counts.FailedConditions + (isFailedCondition ? 1 : 0),
                WriteUnits = _counts.WriteUnits + (isRead ? 0 : units),
                ReadUnits = _counts.ReadUnits + (isRead ? units : 0),
            };
        }
    }
}
