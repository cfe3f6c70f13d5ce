using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Amazon.Runtime;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

/// <summary>One request of the SDK, as the wire has it.</summary>
/// <param name="Operation">For instance <c>UpdateItem</c>.</param>
/// <param name="Body">The request's JSON.</param>
internal sealed record SentRequest(string Operation, string Body);

/// <summary>
/// Stands under the SDK's own HTTP client, with its signing, retries and parsing left real: counts what is sent, and does to it what a test asks for.
/// </summary>
[SuppressMessage("Reliability", "CA2000", Justification = "A client disposes its handler, and that one the next.")]
internal sealed partial class FaultyConnection : HttpClientFactory
{
    private readonly ConcurrentBag<SentRequest> _sent = [];
    private readonly ConcurrentBag<(string Operation, int Count, TaskCompletionSource Reached)> _awaited = [];
    private double _writeUnits;
    private int _failedConditions;

    public IReadOnlyCollection<SentRequest> Sent => _sent;

    public int FailedConditions => _failedConditions;

    /// <summary>Write capacity of table and indexes, where <see cref="CountsCapacity"/> is set.</summary>
    public double WriteUnits => _writeUnits;

    /// <summary>Whether to ask the server for the capacity that each request consumes.</summary>
    public bool CountsCapacity { get; init; }

    /// <summary>What to do instead of sending a request, or null to send it.</summary>
    public Func<SentRequest, CancellationToken, Task<HttpResponseMessage?>> Before { get; set; } = (_, _) => Task.FromResult<HttpResponseMessage?>(null);

    /// <summary>What to do when the server has carried out a request, before its answer is handed on.</summary>
    public Func<SentRequest, CancellationToken, Task> After { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>An answer of DynamoDB that refuses a request.</summary>
    public static HttpResponseMessage Refusal(string code, string message, HttpStatusCode status = HttpStatusCode.BadRequest, string more = "") => new(status)
    {
        Content = new StringContent(
            $$"""{"__type":"com.amazonaws.dynamodb.v20120810#{{code}}","message":"{{message}}"{{more}}}""", Encoding.UTF8, "application/x-amz-json-1.0"),
    };

    public static HttpResponseMessage Throttled(string resource) => Refusal(
        "ThrottlingException",
        "Throughput exceeds the current capacity of your table or index.",
        more: $$""","throttlingReasons":[{"reason":"TableWriteKeyRangeThroughputExceeded","resource":"{{resource}}"}]""");

    /// <summary>Completes when so many requests of a kind have been sent from now on.</summary>
    public Task SentMore(string operation, int count)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited.Add((operation, Count(operation) + count, reached));
        return reached.Task;
    }

    public int Count(string operation) => _sent.Count(request => request.Operation == operation);

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new Handler(this, new SocketsHttpHandler()), disposeHandler: true);

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    [GeneratedRegex("\"CapacityUnits\":([0-9.]+)")]
    private static partial Regex CapacityUnits { get; }

    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, Func<CancellationToken, Task<HttpResponseMessage>> send, CancellationToken token)
    {
        var body = await request.Content!.ReadAsStringAsync(token);
        var sent = new SentRequest(request.Headers.GetValues("X-Amz-Target").Single().Split('.')[1], body);
        _sent.Add(sent);
        foreach (var (_, _, reached) in _awaited.Where(awaited => awaited.Operation == sent.Operation && Count(sent.Operation) >= awaited.Count))
        {
            reached.TrySetResult();
        }

        if (await Before(sent, token) is { } instead)
        {
            instead.RequestMessage = request;
            return instead;
        }

        if (CountsCapacity)
        {
            var type = request.Content.Headers.ContentType;
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"ReturnConsumedCapacity":"TOTAL",{{body[1..]}}"""));
            request.Content.Headers.ContentType = type;
        }

        var answer = await send(token);
        await CountAsync(sent, answer, token);
        await After(sent, token);
        return answer;
    }

    private async Task CountAsync(SentRequest sent, HttpResponseMessage answer, CancellationToken token)
    {
        await answer.Content.LoadIntoBufferAsync(token);
        var text = await answer.Content.ReadAsStringAsync(token);
        if (text.Contains("ConditionalCheckFailedException", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _failedConditions);
        }

        if (CountsCapacity && answer.IsSuccessStatusCode && sent.Operation is "UpdateItem" or "PutItem" && CapacityUnits.Match(text) is { Success: true } units)
        {
            lock (_sent)
            {
                _writeUnits += double.Parse(units.Groups[1].Value, CultureInfo.InvariantCulture);
            }
        }
    }

    private sealed class Handler(FaultyConnection owner, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            owner.SendAsync(request, token => base.SendAsync(request, token), cancellationToken);
    }
}
